import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { takeOverOption } from '../option-schemas.ts'

/** Everything that `quickstart` can be told. */
export const quickstartOptionsSchema = z.object({
  out: z
    .string()
    .default('runs/quickstart')
    .describe('folder for data, runs and report; an earlier quickstart in it is replaced')
    .meta({ placeholder: 'FOLDER' }),
  ...takeOverOption,
  short: z
    .boolean()
    .default(false)
    .describe('a tenth of the training, to see that everything works; the results are poor'),
  seed: z.number().int().nonnegative().default(0).describe('fixes data, weights and order'),
  threads: computeOptionsSchema.shape.threads,
})

/** Options with every default filled in. */
export type QuickstartOptions = z.output<typeof quickstartOptionsSchema>
