import { z } from 'zod'
import { readingOptionsSchema } from '../tokens/reading-options.ts'
import { dataOptionsSchema } from '../data/data-options.ts'

const count = z.number().int().nonnegative().default(0)

/** Everything that `data inspect` can be told. */
export const inspectOptionsSchema = z.object({
  data: z.string().describe('preference data: a file, folder or name on the hub').meta({ placeholder: 'DATA' }),
  model: z
    .string()
    .optional()
    .describe('folder of a model or a tokenizer: also count tokens, as training would read them')
    .meta({ placeholder: 'FOLDER' }),
  show: count.describe('show so many pairs, drawn at random, side by side'),
  showTokens: count.describe('show so many pairs exactly as the model reads them: token ids and their texts'),
  seed: z.number().int().nonnegative().default(0).describe('fixes what is drawn at random'),
  limit: z.number().int().positive().optional().describe('use the first so many rows of the data that are of use'),
  html: z.string().optional().describe('also write a page with pictures').meta({ placeholder: 'FILE' }),
  json: z.boolean().default(false).describe('print JSON'),
  ...readingOptionsSchema.shape,
  ...dataOptionsSchema.shape,
})

/** Options with every default filled in. */
export type InspectOptions = z.output<typeof inspectOptionsSchema>
