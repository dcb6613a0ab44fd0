import { at } from '../at.ts'
import { type Density, kernelDensity } from '../statistics/density.ts'
import { normalQuantile } from '../statistics/distributions.ts'
import { type Bar, histogram, quantile, roundEdges } from '../statistics/histogram.ts'
import { momentsOf } from './moments.ts'

/** What pictures of a distribution of reward margins are drawn from: a few hundred numbers, however many pairs there are. */
export interface MarginCurves {
  /** About 40 bars with round edges, none across zero. */
  readonly histogram: readonly Bar[]
  /** Gaussian kernels with Scott's bandwidth; null where all margins are equal. */
  readonly density: Density | null
  /** The share of margins up to x, at 200 quantiles and both ends. */
  readonly cumulative: readonly { readonly x: number; readonly share: number }[]
  /**
   * Margins against the normal quantiles of the same shares, (i - 1/2) / n for up to 200 of them. On the line through
   * the mean with the standard deviation as its slope, margins are normal.
   */
  readonly normal_quantiles: readonly { readonly normal: number; readonly margin: number }[]
}

const bars = 40
const points = 200

/**
 * The curves of some reward margins.
 * @param range of the density, where several models share an axis; by default from the least margin to the largest
 */
export function marginCurves(
  margins: Float64Array,
  range?: { readonly low: number; readonly high: number },
): MarginCurves {
  const sorted = margins.toSorted()
  const [least, most] = [at(sorted, 0), at(sorted, sorted.length - 1)]
  const steps = Math.min(points, sorted.length)
  const places = Array.from({ length: steps }, (_, i) => (i + 0.5) / steps)
  return {
    histogram: histogram(sorted, roundEdges(least, most, bars)),
    density: momentsOf(margins).second > 0 ? kernelDensity(sorted, { low: least, high: most, ...range, points }) : null,
    cumulative: Array.from({ length: points + 1 }, (_, i) => {
      const x = quantile(sorted, i / points)
      return { x, share: countUpTo(sorted, x) / sorted.length }
    }),
    normal_quantiles: places.map((share, i) => ({
      normal: normalQuantile(share),
      margin: steps === sorted.length ? at(sorted, i) : quantile(sorted, share),
    })),
  }
}

/** How many of the ascending values are at most x. */
function countUpTo(sorted: Float64Array, x: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (at(sorted, middle) <= x) low = middle + 1
    else high = middle
  }
  return low
}
