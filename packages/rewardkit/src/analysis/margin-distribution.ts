import { at } from '../at.ts'
import { quantile } from '../statistics/histogram.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { clusteredShare, influenceInterval } from '../statistics/intervals.ts'
import { type Estimate, estimateOf, scaled, undefinedFor } from './estimate.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'

/** How the reward margins of some pairs are distributed: `margin_distribution` of `summary.json`. */
export interface MarginDistribution {
  readonly mean: Estimate
  /** n - 1 in the denominator. */
  readonly standard_deviation: Estimate
  readonly mean_over_standard_deviation: Estimate
  readonly median: Estimate
  /** g1: the third central moment over the second to the power 3/2, both divided by n. */
  readonly skewness: Estimate
  /** G1: g1 corrected for the number of pairs, for which G1 is unbiased where margins are normal. */
  readonly skewness_adjusted: Estimate
  /** g2: the fourth central moment over the square of the second, less 3. */
  readonly excess_kurtosis: Estimate
  /** G2: g2 corrected in the same way. */
  readonly excess_kurtosis_adjusted: Estimate
  readonly share_below_zero: Estimate
  readonly quantiles: readonly MarginQuantile[]
}

/** The margin below which a share of the pairs lies. */
export interface MarginQuantile extends Estimate {
  readonly share: number
}

const shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const

const allEqual = 'all reward margins are equal'

/**
 * The distribution of reward margins, each statistic with a 95 % interval over prompts. Intervals of moments come from
 * their influence functions with a cluster-robust variance; those of skewness and kurtosis are too short where margins
 * have heavy tails (docs/margins.md has the coverage). Those of quantiles come from the interval of the share below
 * them (Woodruff 1952).
 */
export function marginDistribution(table: RewardTable): MarginDistribution {
  const { margins } = table
  const clusters = promptClusters(table)
  const sorted = margins.toSorted()
  const quantiles = shares.map((share) => ({ share, ...quantileEstimate(sorted, share, margins, clusters) }))
  const [, , , , median = undefinedFor('there are no pairs')] = quantiles
  const { value, low, high, reason } = median
  return {
    ...momentEstimates(margins, clusters),
    median: { value, low, high, ...(reason !== undefined && { reason }) },
    share_below_zero: shareWhere(margins, (margin) => margin < 0, clusters),
    quantiles,
  }
}

/** The share of values with a property. */
function shareWhere(values: Float64Array, has: (value: number) => boolean, clusters: Clusters): Estimate {
  return estimateOf(
    clusteredShare(
      values.map((value) => (has(value) ? 1 : 0)),
      clusters,
    ),
  )
}

function quantileEstimate(sorted: Float64Array, share: number, margins: Float64Array, clusters: Clusters): Estimate {
  const value = quantile(sorted, share)
  const below = clusteredShare(
    margins.map((margin) => (margin <= value ? 1 : 0)),
    clusters,
  )
  const shareAt = (end: number) => Math.min(1, Math.max(0, share + end - below.value))
  return { value, low: quantile(sorted, shareAt(below.low)), high: quantile(sorted, shareAt(below.high)) }
}

/** Mean and central moments of some values; central moments divide by n. */
interface Moments {
  readonly count: number
  readonly mean: number
  readonly second: number
  readonly third: number
  readonly fourth: number
}

/** In two passes, as differences from the first value: equal values are exactly their own mean. */
function momentsOf(values: Float64Array): Moments {
  const count = values.length
  const first = at(values, 0)
  let sum = 0
  for (const value of values) sum += value - first
  const mean = first + sum / count
  let [second, third, fourth] = [0, 0, 0]
  for (const value of values) {
    const difference = value - mean
    const square = difference * difference
    second += square
    third += square * difference
    fourth += square * square
  }
  return { count, mean, second: second / count, third: third / count, fourth: fourth / count }
}

type MomentEstimates = Omit<MarginDistribution, 'median' | 'share_below_zero' | 'quantiles'>

function momentEstimates(margins: Float64Array, clusters: Clusters): MomentEstimates {
  const { count, mean, second, third, fourth } = momentsOf(margins)
  const estimate = (value: number, influence: (margin: number) => number) =>
    estimateOf(influenceInterval(value, margins.map(influence), clusters))
  const ofMean = estimate(mean, (margin) => margin - mean)
  if (count === 1)
    return { mean: ofMean, ...noSpread('there is one pair alone', undefinedFor('there is one pair alone')) }
  if (second === 0)
    return { mean: ofMean, ...noSpread(allEqual, { value: 0, low: null, high: null, reason: allEqual }) }
  const deviation = Math.sqrt(second)
  const bessel = Math.sqrt(count / (count - 1))
  const sample = deviation * bessel
  const g1 = third / deviation ** 3
  const kurtosis = fourth / second ** 2
  /** The estimate of a statistic by the influence of a pair whose margin is z standard deviations above the mean. */
  const standardised = (value: number, influence: (z: number, square: number) => number) =>
    estimate(value, (margin) => {
      const z = (margin - mean) / deviation
      return influence(z, z * z)
    })
  const skewness = standardised(g1, (z, square) => z * square - g1 - 3 * z - 1.5 * g1 * (square - 1))
  const excess = standardised(
    kurtosis - 3,
    (z, square) => square * square - kurtosis - 4 * g1 * z - 2 * kurtosis * (square - 1),
  )
  return {
    mean: ofMean,
    standard_deviation: positive(
      scaled(
        standardised(deviation, (_z, square) => (deviation / 2) * (square - 1)),
        bessel,
      ),
    ),
    mean_over_standard_deviation: standardised(
      mean / sample,
      (z, square) => (z - (mean / deviation / 2) * (square - 1)) / bessel,
    ),
    skewness,
    skewness_adjusted:
      count < 3
        ? undefinedFor('it needs at least 3 pairs')
        : scaled(skewness, Math.sqrt(count * (count - 1)) / (count - 2)),
    excess_kurtosis: excess,
    excess_kurtosis_adjusted:
      count < 4
        ? undefinedFor('it needs at least 4 pairs')
        : scaled(
            excess,
            ((count - 1) * (count + 1)) / ((count - 2) * (count - 3)),
            (6 * (count - 1)) / ((count - 2) * (count - 3)),
          ),
  }
}

/** What a spread of none, or an unknown one, leaves undefined. */
function noSpread(reason: string, deviation: Estimate): Omit<MomentEstimates, 'mean'> {
  const none = undefinedFor(reason)
  return {
    standard_deviation: deviation,
    mean_over_standard_deviation: none,
    skewness: none,
    skewness_adjusted: none,
    excess_kurtosis: none,
    excess_kurtosis_adjusted: none,
  }
}

/** A standard deviation's interval on the scale of its logarithm, so that it stays above zero. */
function positive(estimate: Estimate): Estimate {
  const { value, low, high } = estimate
  if (value === null || low === null || high === null) return estimate
  const factor = Math.exp((high - low) / 2 / value)
  return { value, low: value / factor, high: value * factor }
}
