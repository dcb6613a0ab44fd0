import { at } from '../at.ts'
import { type Clusters, clusterSums } from './clusters.ts'
import { normalQuantile, studentQuantile } from './distributions.ts'
import { quantile } from './histogram.ts'
import type { Interval } from './types.ts'

/** The 97.5 % point of the standard normal distribution. */
const z = normalQuantile(0.975)

/** Wilson's 95 % score interval for a share (Wilson 1927). `total` may be an effective sample size, not a whole number. */
export function wilsonInterval(successes: number, total: number): Interval {
  const value = successes / total
  const center = (value + z ** 2 / (2 * total)) / (1 + z ** 2 / total)
  const half = (z / (1 + z ** 2 / total)) * Math.sqrt((value * (1 - value)) / total + z ** 2 / (4 * total ** 2))
  // At 0 and 1 the bounds are exact; rounding must not pull the interval off its value.
  return { value, low: successes === 0 ? 0 : center - half, high: successes === total ? 1 : center + half }
}

/**
 * A mean of values from 0 to 1 with a 95 % interval that respects clusters (pairs of one prompt succeed and fail
 * together). This is Wilson's interval with an effective sample size: n divided by the design effect. That is the
 * cluster-robust variance of the mean over the variance for n independent pairs. The size is also shrunk by the ratio
 * of t quantiles for the number of clusters (Korn and Graubard 1998; Wilson's form in Franco et al. 2019). The interval
 * has a closed form, needs no seed and stays within [0, 1]. It works near 0 and 1, where a bootstrap of clusters
 * collapses. If every cluster has one pair of value 0 or 1, it is exactly Wilson's interval. The effective size is
 * never above n. If all values are equal, they say nothing about the design effect, and the size is the number of
 * clusters. With fewer than about 10 clusters the interval is approximate.
 */
export function clusteredShare(values: ArrayLike<number>, clusters: Clusters): Interval {
  const mean = meanOf(values)
  const total = effectiveSize(values, mean, clusters)
  return { ...wilsonInterval(mean * total, total), value: mean }
}

function effectiveSize(values: ArrayLike<number>, mean: number, clusters: Clusters): number {
  const count = values.length
  const residuals = clusterResiduals(values, mean, clusters)
  const prompts = residuals.length
  const independent = (mean * (1 - mean)) / (count - 1)
  if (prompts === 1 || independent === 0) return prompts
  const robust = robustVariance(residuals, count)
  const size = robust > 0 ? (count * independent) / robust : count
  return Math.min(count, size * (studentQuantile(0.975, count - 1) / studentQuantile(0.975, prompts - 1)) ** 2)
}

/** What t intervals and t tests need to know of a statistic. */
export interface Estimate {
  readonly value: number
  /** Its standard error. */
  readonly error: number
  /** Degrees of freedom of Student's t; none for one cluster, which says nothing of how clusters vary. */
  readonly degrees: number
}

/**
 * The 95 % interval by Student's t. The bounds are NaN without degrees of freedom.
 */
export function intervalOf({ value, error, degrees }: Estimate): Interval {
  const half = studentQuantile(0.975, degrees) * error
  return { value, low: value - half, high: value + half }
}

/**
 * A mean with its cluster-robust standard error and c - 1 degrees of freedom for c clusters (Liang and Zeger 1986; Cameron
 * and Miller 2015). The variance has the factor c / (c - 1). For a paired difference, give the difference of each pair.
 */
export function clusteredEstimate(values: ArrayLike<number>, clusters: Clusters): Estimate {
  const value = meanOf(values)
  return estimateFrom(value, clusterResiduals(values, value, clusters), values.length)
}

/** A mean with its 95 % interval from `clusteredEstimate`. */
export const clusteredMean = (values: ArrayLike<number>, clusters: Clusters): Interval =>
  intervalOf(clusteredEstimate(values, clusters))

/**
 * The difference of two shares on the same pairs, from each pair's difference (-1, 0 or 1, fractions for means of
 * several). Two pairs are added: one of difference 1 and one of -1. This is the adjustment of Bonett and Price (2012).
 * Without it, models that never differ would have an error of 0. The pairs that they are added to are the effective ones:
 * n over the design effect, at most n. If all differences are equal, the design effect is unknown and taken as 1, which
 * is also what a single pair that differs gives. The error is NaN for one cluster.
 */
export function shareDifferenceEstimate(differences: ArrayLike<number>, clusters: Clusters): Estimate {
  const count = differences.length
  const mean = meanOf(differences)
  const residuals = clusterResiduals(differences, mean, clusters)
  let square = 0
  for (let pair = 0; pair < count; pair++) square += at(differences, pair) ** 2 / count
  const independent = Math.max(0, square - mean ** 2) / (count - 1)
  const robust = robustVariance(residuals, count)
  const isKnown = robust > 0 && independent > 0
  const size = isKnown ? Math.min(count, (count * independent) / robust) : count
  const value = (mean * size) / (size + 2)
  const variance = ((square * size + 2) / (size + 2) - value ** 2) / (size + 2)
  return { value, error: residuals.length > 1 ? Math.sqrt(variance) : NaN, degrees: residuals.length - 1 }
}

/** The difference itself, with the 95 % interval of `shareDifferenceEstimate`, within -1 and 1. */
export function clusteredShareDifference(differences: ArrayLike<number>, clusters: Clusters): Interval {
  const { low, high } = intervalOf(shareDifferenceEstimate(differences, clusters))
  return { value: meanOf(differences), low: Math.max(low, -1), high: Math.min(high, 1) }
}

/**
 * A smooth statistic with its error from the influence of each pair on it (the delta method; Huber 1981). The influence
 * is n times the change of the statistic as the pair's weight grows, and has mean 0. For a mean it is the value less
 * the mean.
 */
function influenceEstimate(value: number, influence: ArrayLike<number>, clusters: Clusters): Estimate {
  return estimateFrom(value, clusterResiduals(influence, 0, clusters), influence.length)
}

/** A smooth statistic with the 95 % interval of `influenceEstimate`. */
export const influenceInterval = (value: number, influence: ArrayLike<number>, clusters: Clusters): Interval =>
  intervalOf(influenceEstimate(value, influence, clusters))

/**
 * Quantiles with 95 % intervals (Woodruff 1952). The interval of the share of values up to the quantile, Wilson's with
 * the effective size of `clusteredShare`, is read off in the values. Quantiles interpolate as numpy's do.
 */
export function clusteredQuantiles(
  values: ArrayLike<number>,
  clusters: Clusters,
  shares: readonly number[],
): Interval[] {
  const sorted = Float64Array.from(values).sort()
  return shares.map((share) => {
    const value = quantile(sorted, share)
    const below = Float64Array.from(values, (one) => (one <= value ? 1 : 0))
    const total = effectiveSize(below, meanOf(below), clusters)
    const { low, high } = wilsonInterval(share * total, total)
    return { value, low: quantile(sorted, low), high: quantile(sorted, high) }
  })
}

function estimateFrom(value: number, residuals: Float64Array, count: number): Estimate {
  return { value, error: Math.sqrt(robustVariance(residuals, count)), degrees: residuals.length - 1 }
}

/** The sum over each cluster of its values less `mean`. */
function clusterResiduals(values: ArrayLike<number>, mean: number, clusters: Clusters): Float64Array {
  const { sums, sizes } = clusterSums(values, clusters)
  return sums.map((sum, cluster) => sum - at(sizes, cluster) * mean)
}

function robustVariance(residuals: Float64Array, count: number): number {
  const prompts = residuals.length
  return ((prompts / (prompts - 1)) * residuals.reduce((sum, residual) => sum + residual ** 2, 0)) / count ** 2
}

/** The mean, by differences from the first value: equal values are exactly their own mean. */
export function meanOf(values: ArrayLike<number>): number {
  const first = values[0] ?? NaN
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += at(values, i) - first
  return first + sum / values.length
}
