import { at } from '../at.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { clusteredQuantiles, clusteredShare } from '../statistics/intervals.ts'
import { shapeIntervals } from '../statistics/shape.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'
import { onePrompt, type Statistic, statisticOf } from './statistic.ts'

/** How the reward margins of some pairs are distributed: `margin_distribution` of `summary.json`. */
export interface MarginDistribution {
  readonly mean: Statistic
  /** n - 1 in the denominator. */
  readonly standard_deviation: Statistic
  readonly mean_over_standard_deviation: Statistic
  readonly median: Statistic
  /** g1: the third central moment over the second to the power 3/2, both divided by n. */
  readonly skewness: Statistic
  /** G1: g1 corrected for the number of pairs, for which G1 is unbiased where margins are normal. */
  readonly skewness_adjusted: Statistic
  /** g2: the fourth central moment over the square of the second, less 3. */
  readonly excess_kurtosis: Statistic
  /** G2: g2 corrected in the same way. */
  readonly excess_kurtosis_adjusted: Statistic
  readonly share_below_zero: Statistic
  readonly quantiles: readonly MarginQuantile[]
}

/** The margin below which a share of the pairs lies. */
export interface MarginQuantile extends Statistic {
  readonly share: number
}

const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const

const draws = { draws: 999, seed: 0 }

/**
 * The distribution of reward margins, each statistic with a 95 % interval over prompts. Those of the shape are
 * bootstrapped (`shapeIntervals`). Where margins have heavy tails, those of skewness and kurtosis are too short
 * (docs/statistics.md has the coverage).
 */
export function marginDistribution(table: RewardTable): MarginDistribution {
  const { margins } = table
  const clusters = promptClusters(table)
  const below = margins.map((margin) => (margin < 0 ? 1 : 0))
  const found = clusteredQuantiles(margins, clusters, shares)
  const quantiles = shares.map((share, i) => ({ share, ...statisticOf(at(found, i)) }))
  return {
    ...momentStatistics(margins, clusters),
    median: statisticOf(at(found, shares.indexOf(0.5))),
    share_below_zero: statisticOf(clusteredShare(below, clusters)),
    quantiles,
  }
}

type MomentStatistics = Omit<MarginDistribution, 'median' | 'share_below_zero' | 'quantiles'>

function momentStatistics(margins: Float64Array, clusters: Clusters): MomentStatistics {
  const shape = shapeIntervals(margins, clusters, draws)
  const prompts = new Set(clusters.of).size
  /** Why a statistic that needs `least` pairs is undefined, or its interval is. */
  const reason = (least: number): string => {
    if (margins.length === 1) return 'there is one pair alone'
    if (shape.standardDeviation.value === 0) return 'all reward margins are equal'
    if (margins.length < least) return `it needs at least ${least} pairs`
    return prompts === 1 ? onePrompt : 'there are too few prompts for an interval'
  }
  return {
    mean: statisticOf(shape.mean),
    standard_deviation: statisticOf(shape.standardDeviation, reason(2)),
    mean_over_standard_deviation: statisticOf(shape.meanOverStandardDeviation, reason(2)),
    skewness: statisticOf(shape.skewness, reason(2)),
    skewness_adjusted: statisticOf(shape.adjustedSkewness, reason(3)),
    excess_kurtosis: statisticOf(shape.excessKurtosis, reason(2)),
    excess_kurtosis_adjusted: statisticOf(shape.adjustedExcessKurtosis, reason(4)),
  }
}
