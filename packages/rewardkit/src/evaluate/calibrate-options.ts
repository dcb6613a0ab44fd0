import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import { dataOption, limitOption, overwriteOption, rewardModelOption, takeOverOption } from '../shared-options.ts'
import { readingOverridesSchema } from '../tokens/reading-options.ts'

/** The options of `calibrate`. How texts are read is saved with the model; these options override it. */
export const calibrateOptionsSchema = z.object({
  model: rewardModelOption,
  data: dataOption,
  limit: limitOption,
  ...dataOptionsSchema.shape,
  ...readingOverridesSchema.shape,
  overwrite: overwriteOption,
  takeOver: takeOverOption,
  ...computeOptionsSchema.shape,
})

/** Options with every default filled in. */
export type CalibrateOptions = z.output<typeof calibrateOptionsSchema>
/** Options as a caller may give them. */
export type CalibrateInput = z.input<typeof calibrateOptionsSchema>
