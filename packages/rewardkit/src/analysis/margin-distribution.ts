import { at } from '../at.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { clusteredMean, clusteredQuantiles, clusteredShare, influenceInterval } from '../statistics/intervals.ts'
import { influencedBy, influences, momentsOf } from './moments.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'
import { exponential, linear, type Statistic, statisticOf, undefinedFor } from './statistic.ts'

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

const allEqual = 'all reward margins are equal'

/**
 * The distribution of reward margins, each statistic with a 95 % interval over prompts. Intervals of moments come from
 * their influence functions with a cluster-robust variance; those of skewness and kurtosis are too short where margins
 * have heavy tails (docs/margins.md has the coverage).
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
  const moments = momentsOf(margins)
  const { count } = moments
  const mean = statisticOf(clusteredMean(margins, clusters))
  if (count === 1) return { mean, ...withoutSpread('there is one pair alone', null) }
  if (moments.second === 0) return { mean, ...withoutSpread(allEqual, 0) }
  const influenced = influencedBy(moments)
  const statistic = (name: keyof typeof influenced) => {
    const { value } = influenced[name]
    return statisticOf(influenceInterval(value, influences(margins, moments, influenced[name]), clusters))
  }
  const skewness = statistic('skewness')
  const kurtosis = statistic('excessKurtosis')
  const lessThree = (count - 2) * (count - 3)
  return {
    mean,
    standard_deviation: exponential(statistic('logDeviation')),
    mean_over_standard_deviation: statistic('meanOverDeviation'),
    skewness,
    skewness_adjusted:
      count < 3
        ? undefinedFor('it needs at least 3 pairs')
        : linear(skewness, Math.sqrt(count * (count - 1)) / (count - 2)),
    excess_kurtosis: kurtosis,
    excess_kurtosis_adjusted:
      count < 4
        ? undefinedFor('it needs at least 4 pairs')
        : linear(kurtosis, ((count - 1) * (count + 1)) / lessThree, (6 * (count - 1)) / lessThree),
  }
}

/** What a spread of none, or an unknown one, leaves undefined. */
function withoutSpread(reason: string, deviation: 0 | null): Omit<MomentStatistics, 'mean'> {
  const none = undefinedFor(reason)
  return {
    standard_deviation: { ...none, value: deviation },
    mean_over_standard_deviation: none,
    skewness: none,
    skewness_adjusted: none,
    excess_kurtosis: none,
    excess_kurtosis_adjusted: none,
  }
}
