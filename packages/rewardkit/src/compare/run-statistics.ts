import type { PairRewards } from '../analysis/claims-across.ts'
import { temperaturesFor } from '../analysis/temperature.ts'
import { at } from '../at.ts'
import { logSigmoid } from '../logistic.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { normalizedRanks } from '../statistics/ranks.ts'
import { marginStatistics } from '../statistics/statistics.ts'
import type { MarginStatistics } from '../statistics/types.ts'

/** What comparisons need of one run, by pair. The mean of the first three columns is a statistic of the run. */
export interface RunStatistics {
  readonly rewards: PairRewards
  readonly ofMargins: MarginStatistics
  /** 1 where the chosen response has the higher reward, else 0 (a tie is not correct). Their mean is the accuracy. */
  readonly isRight: Float64Array
  /** Their mean is the mean of the margins over their standard deviation; they differ from it by each pair's influence. */
  readonly scaledMargins: Float64Array
  /** Log loss after a temperature that other prompts gave (cross-fitted); NaN where there is none. */
  readonly losses: Float64Array
  /** Why there are no such losses; undefined where there are. */
  readonly withoutTemperature: string | undefined
  /** Ranks of the margins with mean 0 and sum of squares 1: their product with another run's is Spearman's correlation. */
  readonly ranks: Float64Array
}

export function runStatistics(rewards: PairRewards, prompts: Clusters): RunStatistics {
  const { margins } = rewards
  const ofMargins = marginStatistics(margins)
  const { of: temperatures, temperature } = temperaturesFor(margins, prompts)
  return {
    rewards,
    ofMargins,
    isRight: margins.map((margin) => (margin > 0 ? 1 : 0)),
    scaledMargins: scaledMargins(margins, ofMargins),
    losses: margins.map((margin, pair) => (temperatures ? -logSigmoid(margin / at(temperatures, pair)) : NaN)),
    withoutTemperature: temperatures ? undefined : temperature.reason,
    ranks: normalizedRanks(margins),
  }
}

/**
 * Mean over standard deviation plus the influence of each pair on it, by the delta method: z - (mean / sd) (z^2 - s) / 2
 * with z = (margin - mean) / sd. Here s = (n - 1) / n is the mean of z^2. So influences add up to 0. NaN for constant
 * margins.
 */
function scaledMargins(
  margins: Float64Array,
  { mean, standard_deviation, mean_over_standard_deviation: ratio }: MarginStatistics,
): Float64Array {
  const meanSquare = (margins.length - 1) / margins.length
  return margins.map((margin) => {
    const z = (margin - mean) / standard_deviation
    return ratio + z - (ratio * (z ** 2 - meanSquare)) / 2
  })
}
