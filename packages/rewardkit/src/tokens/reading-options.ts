import { z } from 'zod'
import { inGroup } from '../option-groups.ts'
import { isDate } from './template-date.ts'

/** The longest sequence in tokens by default, as in the paper. */
export const defaultMaxLength = 2048

/** How a text becomes token ids; saved with the model, so that evaluating and scoring read as training did. */
export const readingOptionsSchema = z.object(
  inGroup('tokens', {
    maxLength: z
      .number()
      .int()
      .positive()
      .default(defaultMaxLength)
      .describe('longest sequence, in tokens; --truncation says what happens to longer ones'),
    truncation: z
      .enum(['prompt-left', 'response-right', 'drop'])
      .default('prompt-left')
      .describe(
        'what to do with a longer sequence: cut the oldest part of its prompt first, cut only the ends of its responses, or drop the group',
      )
      .meta({ advanced: true }),
    pool: z
      .enum(['end', 'template-end'])
      .default('end')
      .describe(
        'token whose hidden state gives the reward: the end token, or the last one that the chat template writes',
      )
      .meta({ advanced: true }),
    transcripts: z
      .enum(['auto', 'template', 'as-is'])
      .default('auto')
      .describe(
        'HH transcripts: read them through the chat template, unchanged, or (auto) through the template if the model has one',
      )
      .meta({ advanced: true }),
    plainTexts: z
      .enum(['as-is', 'messages'])
      .default('as-is')
      .describe(
        'plain texts of prompt and response: join them unchanged, or read them as turns of user and assistant through the chat template',
      )
      .meta({ advanced: true }),
    specialTokensInText: z
      .enum(['neutralise', 'refuse', 'parse'])
      .default('neutralise')
      .describe(
        'special tokens spelled out in a conversation: read them as ordinary text, refuse them (in any text), or read them as special tokens',
      )
      .meta({ advanced: true }),
    templateDate: z
      .string()
      .refine(isDate, { error: ({ input }) => `found "${String(input)}", expected a date such as 2026-07-26` })
      .optional()
      .describe('date for chat templates that print one')
      .meta({ placeholder: 'YYYY-MM-DD', advanced: true, defaultText: 'as saved with the model, else today' }),
  }),
)

/** The longest sequence for models that may have learned fewer positions than the default. */
export const maxLengthOption = readingOptionsSchema.shape.maxLength
  .unwrap()
  .optional()
  .meta({
    ...readingOptionsSchema.shape.maxLength.meta(),
    defaultText: `${defaultMaxLength}, or the number of positions if the model has fewer`,
  })

/** The reading options of a model, as `rewardkit.json` in its folder holds them. */
export type ReadingOptions = z.output<typeof readingOptionsSchema>

const { shape } = readingOptionsSchema

/** The same option without its default. */
const given = <T extends z.ZodType>(option: z.ZodDefault<T>) =>
  option
    .unwrap()
    .optional()
    .meta({ ...option.meta(), defaultText: 'as saved with the model' })

/** The same options for a model that has them saved: what is given overrides that. */
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
