import { z } from 'zod'

/** How a text becomes token ids; saved with the model, so that evaluating and scoring read as training did. */
export const readingOptionsSchema = z.object({
  maxLength: z
    .number()
    .int()
    .positive()
    .default(2048)
    .describe('longest sequence in tokens (paper: 2048); what is longer is cut as --truncation says'),
  truncation: z
    .enum(['prompt-left', 'response-right', 'drop'])
    .default('prompt-left')
    .describe('cut the oldest part of the prompt, cut the responses at their end, or drop the group'),
  pool: z
    .enum(['end', 'template-end'])
    .default('end')
    .describe("the token whose hidden state is the reward's: the end token, or the last one the chat template writes"),
  transcripts: z
    .enum(['auto', 'template', 'as-is'])
    .default('auto')
    .describe('read HH transcripts through the chat template, as they came, or by template where the model has one'),
  plainTexts: z
    .enum(['as-is', 'messages'])
    .default('as-is')
    .describe(
      'plain texts of prompt and response: joined as they came, or as turns of user and assistant, by the chat template',
    ),
  specialTokensInText: z
    .enum(['neutralise', 'refuse', 'parse'])
    .default('neutralise')
    .describe('special tokens written out in a conversation: ordinary text, an error (in any text), or special tokens'),
})

/** The reading options of a model, as `rewardkit.json` in its folder holds them. */
export type ReadingOptions = z.output<typeof readingOptionsSchema>
