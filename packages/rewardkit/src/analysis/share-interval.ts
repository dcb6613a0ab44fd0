import type { Clusters } from '../statistics/clusters.ts'
import { normalQuantile } from '../statistics/distributions.ts'
import { influenceInterval, wilsonInterval } from '../statistics/intervals.ts'
import type { Interval } from '../statistics/types.ts'

const z = normalQuantile(0.975)

/**
 * The 95 % interval of a share that is a smooth statistic of pairs, such as a mean over subsets. It is Wilson's, with the
 * effective sample size that gives the cluster-robust variance of `influenceInterval`. It stays within 0 and 1. Where no
 * pair has an influence, as when all are right, the size is the number of clusters, as for `clusteredShare`.
 */
export function shareInterval(value: number, influence: ArrayLike<number>, clusters: Clusters): Interval {
  const interval = influenceInterval(value, influence, clusters)
  const half = interval.high - value
  const size = half > 0 ? (value * (1 - value) * z ** 2) / half ** 2 : new Set(clusters.of).size
  // Scores that add something to a share may reach 1 or exceed it; one cluster has no interval.
  const isShare = !Number.isNaN(half) && value >= 0 && value <= 1 && size > 0
  return isShare ? { ...wilsonInterval(value * size, size), value } : interval
}
