import { z } from 'zod'
import { inGroup } from '../option-groups.ts'
import { seedOption } from '../shared-options.ts'

const settings = inGroup('data', {
  pairs: z.number().int().positive().default(1000).describe('preference pairs to write'),
  noise: z
    .string()
    .default('flip:0.1')
    .describe('kind of label noise: flip:RATE, bradley-terry or annotators')
    .meta({ placeholder: 'NAME' }),
  lengthBias: z
    .number()
    .default(0)
    .describe(
      'how much each extra sentence counts in favour of a response when it is labelled, in units of the true margin',
    ),
  gradeNoise: z.number().nonnegative().default(0.5).describe('standard deviation of the noise on graded margins'),
})

/** The options of `simulate`. */
export const simulateOptionsSchema = z.object({
  ...settings,
  seed: seedOption,
  out: z.string().describe('JSON Lines file to write').meta({ placeholder: 'FILE.jsonl' }),
})

const simulateSettingsSchema = z.object({ ...settings, seed: seedOption })

/** Options with every default filled in. */
export type SimulateOptions = z.output<typeof simulateOptionsSchema>

/** What decides the pairs, with every default filled in. */
export type SimulateSettings = z.output<typeof simulateSettingsSchema>
