import { z } from 'zod'

/** What `--data` takes. */
export const dataOption = z
  .string()
  .describe(
    'preference data: a file, a folder, a pattern, a name on the Hugging Face Hub, the .yaml file of a mixture, or - for standard input. Files are JSON, JSONL, CSV, TSV or Parquet, also in gzip or zstd',
  )
  .meta({ placeholder: 'DATA', group: 'data' })

/** The reward model of the verbs that use one. */
export const rewardModelOption = z
  .string()
  .describe('reward model: a folder, a run folder, or a name on the Hub')
  .meta({ placeholder: 'MODEL', group: 'model' })

/** What a bag of words learns from, for the verbs that compare a reward model with one. */
export const baselineDataOption = z
  .string()
  .optional()
  .describe('preference data that a bag of words learns from, to compare with; none leaves it out')
  .meta({ placeholder: 'DATA', group: 'data', defaultText: 'what the model was trained on' })

/** The language model that a reward model is compared with. */
export const baselineModelOption = z
  .string()
  .optional()
  .describe('language model whose log-likelihoods of the responses are compared with; none leaves them out')
  .meta({ placeholder: 'MODEL', group: 'model', defaultText: 'the model that training began with' })

export const limitOption = z
  .number()
  .int()
  .positive()
  .optional()
  .describe('use only the first N usable rows')
  .meta({ group: 'data' })

export const seedOption = z
  .number()
  .int()
  .nonnegative()
  .default(0)
  .describe('seed for everything random; equal seeds give equal results')

export const overwriteOption = z.boolean().default(false).describe('replace an earlier result')

export const jsonOption = z.boolean().default(false).describe('print JSON')

/** For every verb that writes a folder which belongs to one process at a time. */
export const takeOverOption = z
  .boolean()
  .default(false)
  .describe(
    'take over the folder to write into from a process on another machine or in another container, once it has been silent for a minute',
  )
  .meta({ advanced: true })
