import { z } from 'zod'
import { evaluateRewardsOptionsSchema } from '../evaluate/evaluate-options.ts'
import { jsonOption, overwriteOption } from '../shared-options.ts'

/** The options of `compare`. */
export const compareOptionsSchema = z.object({
  arms: z
    .array(z.string())
    .min(1)
    .describe(
      'what to compare, the baseline first: run folders, evaluation folders or files of rewards. Several seeds of an arm: A1,A2,A3, a quoted pattern, or a folder of runs. NAME=... names an arm',
    )
    .meta({ placeholder: 'ARM', group: 'data', wholeWords: true }),
  intersect: z
    .boolean()
    .default(false)
    .describe('compare on the pairs that all runs have, and count what is left out')
    .meta({ group: 'data' }),
  columns: evaluateRewardsOptionsSchema.shape.columns.meta({ group: 'rows' }),
  equivalenceBound: z
    .number()
    .positive()
    .max(1)
    .default(0.01)
    .describe('difference of accuracy (a share) that is too small to matter'),
  failIfWorse: z
    .number()
    .nonnegative()
    .max(1)
    .optional()
    .describe(
      'exit with code 3 unless the 95 % interval of the accuracy of each arm, less that of the baseline, is above -X',
    ),
  out: z.string().optional().describe('folder for comparison.json and comparison.md').meta({ placeholder: 'FOLDER' }),
  overwrite: overwriteOption,
  json: jsonOption,
})

/** Options with every default filled in. */
export type CompareOptions = z.output<typeof compareOptionsSchema>
