import { at } from '../at.ts'
import type { Interval } from './types.ts'

/** The 97.5 % point of the standard normal distribution. */
const z = 1.959963984540054

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
export function clusteredInterval(values: ArrayLike<number>, clusters: ArrayLike<string>): Interval {
  const count = values.length
  const mean = Array.from(values).reduce((sum, value) => sum + value, 0) / count
  const residuals = new Map<string, number>()
  for (let i = 0; i < count; i++) {
    const cluster = at(clusters, i)
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + at(values, i) - mean)
  }
  const total = effectiveSize(count, mean, [...residuals.values()])
  return { ...wilsonInterval(mean * total, total), value: mean }
}

function effectiveSize(count: number, mean: number, clusterResiduals: readonly number[]): number {
  const clusters = clusterResiduals.length
  const independent = (mean * (1 - mean)) / (count - 1)
  if (clusters === 1 || independent === 0) return clusters
  const squares = clusterResiduals.reduce((sum, residual) => sum + residual ** 2, 0)
  const robust = ((clusters / (clusters - 1)) * squares) / count ** 2
  const size = robust > 0 ? (count * independent) / robust : count
  return Math.min(count, size * (studentQuantile(count - 1) / studentQuantile(clusters - 1)) ** 2)
}

/** The 97.5 % point of Student's t, by the expansion 26.7.5 of Abramowitz and Stegun: 0.1 % low at 3 degrees, 11 % at 1. */
export function studentQuantile(degrees: number): number {
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ]
  return terms.reduce((sum, term, i) => sum + term / degrees ** (i + 1), z)
}
