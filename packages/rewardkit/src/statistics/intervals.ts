import { at } from '../at.ts'
import { type Clusters, clusterSums } from './clusters.ts'
import { normalQuantile, studentQuantile } from './distributions.ts'
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

/**
 * A mean with a 95 % interval from its cluster-robust standard error and Student's t with clusters - 1 degrees of freedom
 * (Liang and Zeger 1986; Cameron and Miller 2015). Also the interval of a paired difference: give each pair's
 * difference. The bounds are NaN for one cluster, which says nothing of how clusters vary.
 */
export function clusteredMean(values: ArrayLike<number>, clusters: Clusters): Interval {
  const mean = meanOf(values)
  return intervalAround(mean, clusterResiduals(values, mean, clusters), values.length)
}

/**
 * The difference of two shares on the same pairs, from each pair's difference (-1, 0 or 1, halves for ties). Before
 * `clusteredMean`, two pairs are added, each a prompt of its own: one of difference 1 and one of -1. This is the
 * adjustment of Bonett and Price (2012). Without it, models that never differ would have an interval of no width.
 */
export function clusteredShareDifference(differences: ArrayLike<number>, clusters: Clusters): Interval {
  const value = meanOf(differences)
  const total = differences.length + 2
  const mean = (value * differences.length) / total
  const known = clusterResiduals(differences, mean, clusters)
  const residuals = new Float64Array(known.length + 2)
  residuals.set(known)
  residuals.set([1 - mean, -1 - mean], known.length)
  const { low, high } = intervalAround(mean, residuals, total)
  return { value, low: Math.max(low, -1), high: Math.min(high, 1) }
}

/**
 * The 95 % interval of a smooth statistic, from the influence of each pair on it (the delta method; Huber 1981). The
 * influence is n times the change of the statistic as the pair's weight grows, and has mean 0. For a mean it is the
 * value less the mean. Otherwise as `clusteredMean`.
 */
export function influenceInterval(value: number, influence: ArrayLike<number>, clusters: Clusters): Interval {
  return intervalAround(value, clusterResiduals(influence, 0, clusters), influence.length)
}

/** The cluster-robust standard error of a mean, with the factor for few clusters c / (c - 1). NaN for one cluster. */
export function clusteredError(values: ArrayLike<number>, clusters: Clusters): number {
  return Math.sqrt(robustVariance(clusterResiduals(values, meanOf(values), clusters), values.length))
}

function intervalAround(value: number, residuals: Float64Array, count: number): Interval {
  const half = studentQuantile(0.975, residuals.length - 1) * Math.sqrt(robustVariance(residuals, count))
  return { value, low: value - half, high: value + half }
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
function meanOf(values: ArrayLike<number>): number {
  const first = values[0] ?? NaN
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += at(values, i) - first
  return first + sum / values.length
}
