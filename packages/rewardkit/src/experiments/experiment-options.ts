import { z } from 'zod'
import { InputError } from '../errors.ts'
import { option, phrase } from '../phrase.ts'
import type { Shard } from './cells.ts'

const shardPattern = /^([1-9]\d*)\/([1-9]\d*)$/

/** The options of `experiment`. */
export const experimentOptionsSchema = z.object({
  file: z
    .string()
    .describe('YAML file that says which models, data, arms, learning rates and seeds make up the experiment')
    .meta({ placeholder: 'FILE.yaml', group: 'data' }),
  out: z.string().describe('folder for the runs and tables').meta({ placeholder: 'FOLDER' }),
  shard: z
    .string()
    .refine((text) => shardPattern.test(text), {
      error: ({ input }) => `found "${String(input)}", expected I/N, such as 1/4 for the first of four machines`,
    })
    .default('1/1')
    .describe('run only every N-th cell, beginning with the I-th: one shard for each machine')
    .meta({ placeholder: 'I/N' }),
  speed: z
    .number()
    .positive()
    .optional()
    .describe('for a plan: floating-point operations that a machine does in a second of training, such as 1e14')
    .meta({ defaultText: 'measured on this machine', advanced: true }),
  resume: z.boolean().default(false).describe('continue an experiment: cells that have finished are left alone'),
})

/** Options with every default filled in. */
export type ExperimentOptions = z.output<typeof experimentOptionsSchema>

/** @throws InputError for a shard beyond the last */
export function parseShard(text: string): Shard {
  const [, index = '1', count = '1'] = shardPattern.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (shard.index > shard.count)
    throw new InputError(phrase`${option('shard')} ${text}: there are only ${shard.count} shards`, {
      remedy: `give a number from 1 to ${shard.count} in front of the slash`,
    })
  return shard
}
