import { spooledFile } from '../data/index.ts'
import {
  type EvaluateInput,
  evaluateOptionsSchema,
  type EvaluateRewardsInput,
  evaluateRewardsOptionsSchema,
} from '../evaluate/evaluate-options.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { parseOptions, refuseHubGuesses } from './parse-options.ts'
import { isRows, pieces, type PreferenceData } from './preference-rows.ts'
import { runJob, type Watching } from './run-job.ts'

/** All options of `evaluate`. */
export interface EvaluateSettings extends Readonly<Omit<EvaluateInput, 'data'>>, Watching {
  /** A file, or rows: they are written into the folder of the evaluation. */
  readonly data: PreferenceData
}

/** All options of `evaluate` for rewards that are computed already. */
export interface EvaluateRewardsSettings extends Readonly<EvaluateRewardsInput>, Watching {}

/**
 * Ranks preference pairs with a reward model in a thread of its own, and writes `rewards.jsonl`,
 * `suspicious.jsonl`, `telling_pairs.jsonl` and `summary.json` into the folder `out`.
 * @returns what `summary.json` holds: accuracy with its interval, margins, calibration, all of it for each subset again
 *
 * With `rewards` it does the same for rewards that a file holds already, without a model. Nothing is then written unless
 * you name a folder `out`, and nothing has to be set up.
 * @throws RewardKitError
 * @example
 * const { accuracy } = await evaluate({ model: 'runs/first', data: 'test.jsonl', out: 'runs/first/evaluation' })
 * const other = await evaluate({ rewards: 'results.csv', columns: ['chosen_reward=a', 'rejected_reward=b'] })
 */
export async function evaluate(settings: EvaluateRewardsSettings): Promise<EvaluationSummary>
export async function evaluate(settings: EvaluateSettings): Promise<EvaluationSummary>
export async function evaluate(settings: EvaluateSettings | EvaluateRewardsSettings): Promise<EvaluationSummary> {
  if ('rewards' in settings) {
    const { signal, onEvent, ...rest } = settings
    const options = parseOptions(evaluateRewardsOptionsSchema, rest)
    refuseHubGuesses({ rewards: options.rewards })
    return runJob('evaluateRewards', options, { signal, onEvent })
  }
  const { signal, onEvent, data, ...rest } = settings
  const file = spooledFile(typeof rest.out === 'string' ? rest.out : '', 'evaluation-data')
  const options = parseOptions(evaluateOptionsSchema, { ...rest, data: isRows(data) ? file : data })
  refuseHubGuesses({ model: options.model, data: options.data })
  const answers = isRows(data) ? { data: pieces(data, 'data', signal) } : {}
  return runJob('evaluate', { options, asksForData: isRows(data) }, { signal, onEvent }, answers)
}
