import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { seedOption, takeOverOption } from '../shared-options.ts'

/** The options of `quickstart`. */
export const quickstartOptionsSchema = z.object({
  out: z
    .string()
    .default('runs/quickstart')
    .describe('folder for data, runs and report; an earlier quickstart in it is replaced')
    .meta({ placeholder: 'FOLDER' }),
  takeOver: takeOverOption,
  short: z
    .boolean()
    .default(false)
    .describe('do a tenth of the training, to see that everything works; the results are poor'),
  seed: seedOption,
  threads: computeOptionsSchema.shape.threads,
})

/** Options with every default filled in. */
export type QuickstartOptions = z.output<typeof quickstartOptionsSchema>
