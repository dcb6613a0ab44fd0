import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import { columnsOption } from '../data/row-options.ts'
import {
  baselineDataOption,
  baselineModelOption,
  dataOption,
  limitOption,
  overwriteOption,
  rewardModelOption,
  takeOverOption,
} from '../shared-options.ts'
import { rewardColumnNames } from '../rewards/reward-fields.ts'
import { readingOverridesSchema } from '../tokens/reading-options.ts'

const out = z
  .string()
  .describe('folder for rewards.jsonl, suspicious.jsonl, telling_pairs.jsonl and summary.json')
  .meta({ placeholder: 'FOLDER' })

/** The options of `evaluate`. How texts are read is saved with the model; these options override it. */
export const evaluateOptionsSchema = z.object({
  model: rewardModelOption,
  data: dataOption,
  out,
  limit: limitOption,
  baselineData: baselineDataOption,
  baselineModel: baselineModelOption,
  ...dataOptionsSchema.shape,
  ...readingOverridesSchema.shape,
  overwrite: overwriteOption,
  takeOver: takeOverOption,
  ...computeOptionsSchema.shape,
})

/** Options with every default filled in. */
export type EvaluateOptions = z.output<typeof evaluateOptionsSchema>
/** Options as a caller may give them. */
export type EvaluateInput = z.input<typeof evaluateOptionsSchema>

/** The options of `evaluate` for rewards that a file holds. */
export const evaluateRewardsOptionsSchema = z.object({
  rewards: z
    .string()
    .describe(
      'rewards that are computed already: an evaluation or run folder, results of RewardBench, or any JSON, JSONL, CSV, TSV or Parquet file with two columns of rewards',
    )
    .meta({ placeholder: 'FILE', group: 'data' }),
  columns: columnsOption(
    rewardColumnNames,
    'which column holds what, such as chosen_reward=scores.a rejected_reward=scores.b prompt_id=question; dots reach into objects and lists',
  ),
  encoding: dataOptionsSchema.shape.encoding,
  onError: dataOptionsSchema.shape.onError,
  baselineData: baselineDataOption,
  out: out.optional(),
  overwrite: overwriteOption,
  takeOver: takeOverOption,
})

/** Options with every default filled in. */
export type EvaluateRewardsOptions = z.output<typeof evaluateRewardsOptionsSchema>
/** Options as a caller may give them. */
export type EvaluateRewardsInput = z.input<typeof evaluateRewardsOptionsSchema>

/** The options of `score`. How texts are read is saved with the model; these options override it. */
export const scoreOptionsSchema = z.object({
  model: rewardModelOption,
  data: z
    .string()
    .describe('file of {prompt, response}, {prompt, responses} or pairs; - for JSON Lines on standard input')
    .meta({ placeholder: 'FILE|-', group: 'data' }),
  columns: dataOptionsSchema.shape.columns,
  roles: dataOptionsSchema.shape.roles,
  encoding: dataOptionsSchema.shape.encoding,
  out: z
    .string()
    .default('-')
    .describe(
      'file to write, with one row for each row read: a table for .csv and .tsv, else JSON Lines; - for standard output',
    )
    .meta({ placeholder: 'FILE|-' }),
  percentile: z
    .boolean()
    .default(false)
    .describe('add the percentile of each reward among those of the pairs that the model was calibrated on'),
  ...readingOverridesSchema.shape,
  ...computeOptionsSchema.shape,
})

/** Options with every default filled in. */
export type ScoreOptions = z.output<typeof scoreOptionsSchema>
