import { z } from 'zod'
import { isDate } from './template-date.ts'

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
    .describe(
      'cut the oldest part of the prompt, then the system turn and the responses at their ends; cut the responses alone; or drop the group',
    ),
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
  templateDate: z
    .string()
    .refine(isDate, { error: ({ input }) => `found "${String(input)}", expected a date such as 2026-07-26` })
    .optional()
    .describe('the date for chat templates that print one (default: as saved with the model, else today)')
    .meta({ placeholder: 'YYYY-MM-DD' }),
})

/** The reading options of a model, as `rewardkit.json` in its folder holds them. */
export type ReadingOptions = z.output<typeof readingOptionsSchema>

const { shape } = readingOptionsSchema

/** An option that is absent where it is not given, in place of its default. */
const given = <T extends z.ZodType>(option: z.ZodDefault<T>) =>
  option
    .unwrap()
    .optional()
    .describe(`${option.description ?? ''} (default: as saved with the model)`)

/** The same options for a model that has them saved: what is given overrules that. */
export const readingOverridesSchema = z.object({
  maxLength: given(shape.maxLength),
  truncation: given(shape.truncation),
  pool: given(shape.pool),
  transcripts: given(shape.transcripts),
  plainTexts: given(shape.plainTexts),
  specialTokensInText: given(shape.specialTokensInText),
  templateDate: shape.templateDate,
} satisfies Record<keyof ReadingOptions, z.ZodType>)

/** What a caller may give. */
export type ReadingOverrides = z.output<typeof readingOverridesSchema>

/** The values that are given, of all the options of a verb. */
export function givenReading(options: ReadingOverrides): Partial<ReadingOptions> {
  return Object.fromEntries(Object.entries(readingOverridesSchema.parse(options)).filter(([, v]) => v !== undefined))
}
