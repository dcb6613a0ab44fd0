import { type CompareOptions, compareOptionsSchema } from '../compare/compare-options.ts'
import { type Comparison, compareRuns } from '../compare/index.ts'
import { RewardKitError } from '../errors.ts'
import { abortError } from '../thread/abort.ts'
import { parseOptions } from './parse-options.ts'
import type { Watching } from './run-job.ts'

/** All options of `compare`. */
export interface CompareSettings extends Readonly<Partial<Omit<CompareOptions, 'arms' | 'json'>>>, Watching {
  /**
   * What to compare, the baseline first. Each is a name as the command takes it, or the list of the paths of its runs.
   */
  readonly arms: readonly (string | readonly string[])[]
}

/**
 * Compares reward models on the same pairs: each arm with each, the first as the baseline. An arm is one model, or
 * several runs of one way of training. Writes `comparison.json` and `comparison.md` if there is a folder `out`.
 * @returns what `comparison.json` holds; undefined numbers are NaN here and null there
 * @throws RewardKitError
 * @example
 * const { comparisons } = await compare({ arms: ['runs/first', ['runs/second-0', 'runs/second-1']] })
 */
export async function compare({ arms, signal, onEvent = () => {}, ...settings }: CompareSettings): Promise<Comparison> {
  if (signal?.aborted) throw abortError(signal)
  const asWords = arms.map((arm) => (typeof arm === 'string' ? arm : arm.join(',')))
  const options = { ...parseOptions(compareOptionsSchema, { ...settings, arms: asWords }), arms }
  try {
    return await compareRuns(options, { onEvent, shouldStop: () => signal?.aborted ?? false })
  } catch (error) {
    if (error instanceof RewardKitError && error.code === 'interrupted' && signal?.aborted) throw abortError(signal)
    throw error
  }
}
