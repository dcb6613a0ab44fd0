import { z } from 'zod'
import { columnNames } from '../data/columns.ts'
import { columnsOption } from '../data/row-options.ts'
import { calibrateOptionsSchema } from '../evaluate/calibrate-options.ts'
import { evaluateOptionsSchema, evaluateRewardsOptionsSchema } from '../evaluate/evaluate-options.ts'
import { experimentOptionsSchema } from '../experiments/experiment-options.ts'
import { jsonOption } from '../shared-options.ts'
import { rewardColumnNames } from '../rewards/reward-fields.ts'
import { trainOptionsSchema } from '../train/train-options.ts'

const { model, data, out, ...others } = evaluateOptionsSchema.shape

/** The options of the library's functions, and how the command shows and judges the result. */
export const evaluateCommandSchema = z.object({
  model: model.optional(),
  data: data.optional(),
  rewards: z
    .array(evaluateRewardsOptionsSchema.shape.rewards)
    .min(1)
    .optional()
    .describe(
      'in place of a model and data: rewards that are computed already, a column of the table for each. An evaluation or run folder, results of RewardBench, or any JSON, JSONL, CSV, TSV or Parquet file with two columns of rewards',
    )
    .meta({ placeholder: 'FILE', group: 'data', takesSeveral: true }),
  out: out.optional().meta({ defaultText: 'required with --model; else nothing is written' }),
  ...others,
  columns: columnsOption(
    [...new Set([...columnNames, ...rewardColumnNames])],
    'which column holds what, such as prompt=question chosen=answer_a for data, and chosen_reward=a rejected_reward=b prompt_id=c for rewards; dots reach into objects and lists',
  ).meta({ group: 'rows' }),
  failBelow: z
    .string()
    .optional()
    .describe('exit with code 3 if the lower end of the 95 % interval of the accuracy is below X')
    .meta({ placeholder: 'accuracy=X' }),
  format: z
    .enum(['table', 'markdown', 'json'])
    .default('table')
    .describe('how to print the summary; json prints what summary.json holds'),
  json: jsonOption,
})

/** The options of the library's function, and how the command shows the result. */
export const calibrateCommandSchema = calibrateOptionsSchema.extend({ json: jsonOption })

/** The options of the library's function, and whether only to plan. */
export const trainCommandSchema = trainOptionsSchema.safeExtend({
  dryRun: z
    .boolean()
    .default(false)
    .describe('do not train: time two micro-batches and print pairs, tokens, steps, hours, memory and disk space'),
})

/** The options of the library's function, and whether only to plan. */
export const experimentCommandSchema = experimentOptionsSchema.extend({
  dryRun: z
    .boolean()
    .default(false)
    .describe(
      'do not train and load no weights: print cells, pairs, steps, tokens, hours, memory and disk space, and names that cannot be checked',
    ),
})

export const reportOptionsSchema = z.object({
  runs: z.array(z.string()).min(1).describe('run folders').meta({ placeholder: 'RUN', group: 'data' }),
  out: z
    .string()
    .optional()
    .describe('HTML file to write')
    .meta({ placeholder: 'FILE', defaultText: 'report.html in the run, or in this folder for several' }),
  pairs: z
    .union([z.literal('all'), z.number().int().nonnegative()])
    .default(500)
    .describe('pairs of each run in the table of the page, those that say most first, or all')
    .meta({ placeholder: 'N|all' }),
  pictures: z.string().optional().describe('folder for every picture as SVG and PNG').meta({ placeholder: 'FOLDER' }),
})

export const doctorOptionsSchema = z.object({
  model: z
    .string()
    .optional()
    .describe(
      'also check this model, a folder or a name on the Hub: files, weights, and the rewards of its reward_check.json',
    )
    .meta({ placeholder: 'MODEL', group: 'model' }),
  json: jsonOption,
})

export const setupOptionsSchema = z.object({
  remove: z
    .boolean()
    .default(false)
    .describe('remove what set-up installed, and the hidden states that training keeps'),
})
