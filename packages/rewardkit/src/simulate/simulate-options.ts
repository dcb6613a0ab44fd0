import { z } from 'zod'

const settings = {
  pairs: z.number().int().positive().default(1000).describe('number of preference pairs'),
  noise: z.string().default('flip:0.1').describe('how labels err: flip:RATE, bradley-terry or annotators'),
  lengthBias: z
    .number()
    .default(0)
    .describe('what each extra sentence counts in favour of a response when it is labelled'),
  gradeNoise: z
    .number()
    .nonnegative()
    .default(0.5)
    .describe('standard deviation of the error with which margins are graded'),
  seed: z.number().int().nonnegative().default(0).describe('seed; equal seeds give equal pairs'),
}

/** Everything that `simulate` can be told. */
export const simulateOptionsSchema = z.object({
  ...settings,
  out: z.string().describe('file to write, JSON Lines').meta({ placeholder: 'FILE.jsonl' }),
})

const simulateSettingsSchema = z.object(settings)

/** Options with every default filled in. */
export type SimulateOptions = z.output<typeof simulateOptionsSchema>

/** What decides the pairs, with every default filled in. */
export type SimulateSettings = z.output<typeof simulateSettingsSchema>
