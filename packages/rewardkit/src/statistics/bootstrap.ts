import { float64At } from '../at.ts'
import { createRandom } from '../random.ts'
import { type Clusters, occurring } from './clusters.ts'
import { quantile } from './histogram.ts'
import type { Interval } from './types.ts'

/** How often to draw, and the seed that fixes every draw. */
export interface Draws {
  readonly draws: number
  readonly seed: number
}

/**
 * Statistics of clusters drawn with replacement, as many as there are (Davison and Hinkley 1997, section 3.8). In each
 * draw, `statistic` gets how often each pair counts, and returns one number for each statistic. The weights are the same
 * array in every draw. All statistics share a draw, so that differences and ratios of them are paired. The result has
 * the draws of each statistic.
 */
export function clusterBootstrap(
  clusters: Clusters,
  statistic: (weights: Float64Array) => readonly number[],
  { draws, seed }: Draws,
): Float64Array[] {
  const { of, count } = occurring(clusters)
  const weights = new Float64Array(of.length)
  const results: Float64Array[] = []
  const draw = createResampling(count, seed)
  for (let i = 0; i < draws; i++) {
    const times = draw()
    of.forEach((cluster, pair) => (weights[pair] = float64At(times, cluster)))
    statistic(weights).forEach((value, index) => ((results[index] ??= new Float64Array(draws))[i] = value))
  }
  return results
}

/**
 * Draws `count` things with replacement: each call returns how often each of them was drawn, in the same array. For
 * statistics of sums over clusters, which need no weight for each pair.
 */
export function createResampling(count: number, seed: number): () => Float64Array {
  const random = createRandom(seed, 'bootstrap')
  const times = new Float64Array(count)
  const scale = count / 2 ** 32
  return () => {
    times.fill(0)
    for (let i = 0; i < count; i++) {
      const drawn = Math.floor(random.bits() * scale)
      times[drawn] = float64At(times, drawn) + 1
    }
    return times
  }
}

/**
 * The 95 % percentile interval of bootstrap draws. Draws in which the statistic was not defined (NaN) are left out; if
 * they are more than 5 %, so are the bounds.
 */
export function percentileInterval(value: number, draws: Float64Array): Interval {
  const defined = draws.filter((draw) => !Number.isNaN(draw)).sort()
  if (defined.length < 0.95 * draws.length) return { value, low: NaN, high: NaN }
  return { value, low: quantile(defined, 0.025), high: quantile(defined, 0.975) }
}
