import { z } from 'zod'
import { readingOptionsSchema } from '../tokens/reading-options.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import { dataOption, jsonOption, limitOption, seedOption } from '../shared-options.ts'

const count = z.number().int().nonnegative().default(0)

/** The options of `data inspect`. */
export const inspectOptionsSchema = z.object({
  data: dataOption,
  model: z
    .string()
    .optional()
    .describe('folder of a model or a tokenizer: also count tokens, as training would read them')
    .meta({ placeholder: 'FOLDER', group: 'model' }),
  show: count.describe('print N random pairs side by side'),
  showTokens: count.describe('print N random pairs exactly as the model reads them: token ids and their texts'),
  seed: seedOption,
  limit: limitOption,
  html: z.string().optional().describe('also write an HTML page with charts').meta({ placeholder: 'FILE' }),
  json: jsonOption,
  ...readingOptionsSchema.shape,
  ...dataOptionsSchema.shape,
})

/** Options with every default filled in. */
export type InspectOptions = z.output<typeof inspectOptionsSchema>
