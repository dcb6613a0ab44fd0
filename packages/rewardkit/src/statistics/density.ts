import { at } from '../at.ts'
import { meanOf } from './intervals.ts'

/** A density on a grid of `x`. */
export interface Density {
  readonly x: readonly number[]
  readonly density: readonly number[]
  /** Standard deviation of the Gaussian kernel, in units of x. */
  readonly bandwidth: number
}

/** Where to evaluate a density. */
export interface Grid {
  readonly low: number
  readonly high: number
  readonly points: number
}

/**
 * Gaussian kernel density estimate of `values` on an even grid, as scipy.stats.gaussian_kde computes it by default. The
 * bandwidth is Scott's (1992): n^(-1/5) times the sample standard deviation, with n - 1 in the denominator.
 *
 * @returns null if there are fewer than two values, or all of them are equal
 */
export function kernelDensity(values: ArrayLike<number>, grid: Grid): Density | null {
  const bandwidth = scottBandwidth(values)
  if (!(bandwidth > 0)) return null
  const scale = 1 / (values.length * bandwidth * Math.sqrt(2 * Math.PI))
  const { centers, counts } = condensed(values, bandwidth)
  const x = evenGrid(grid)
  const density = x.map((point) => {
    let sum = 0
    for (let i = 0; i < centers.length; i++)
      sum += at(counts, i) * Math.exp(-0.5 * ((point - at(centers, i)) / bandwidth) ** 2)
    return sum * scale
  })
  return { x, density, bandwidth }
}

/** Up to this many values, each is a kernel of its own. */
const mostKernels = 5000

/**
 * Many values, condensed to the means of those that fall into the same thirtieth of a bandwidth. That changes no density
 * by more than about 1e-4 of the largest.
 */
function condensed(values: ArrayLike<number>, bandwidth: number): { centers: Float64Array; counts: Float64Array } {
  const sorted = Float64Array.from(values).sort()
  if (sorted.length <= mostKernels) return { centers: sorted, counts: new Float64Array(sorted.length).fill(1) }
  const centers: number[] = []
  const counts: number[] = []
  for (let start = 0; start < sorted.length;) {
    const first = at(sorted, start)
    let end = start
    let sum = 0
    for (; end < sorted.length && at(sorted, end) - first <= bandwidth / 30; end++) sum += at(sorted, end) - first
    centers.push(first + sum / (end - start))
    counts.push(end - start)
    start = end
  }
  return { centers: Float64Array.from(centers), counts: Float64Array.from(counts) }
}

/** Scott's rule for one dimension; 0 where fewer than two values or all equal, NaN where one is not finite. */
export function scottBandwidth(values: ArrayLike<number>): number {
  if (values.length < 2) return 0
  const mean = meanOf(values)
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (at(values, i) - mean) ** 2
  return Math.sqrt(squares / (values.length - 1)) * values.length ** -0.2
}

function evenGrid({ low, high, points }: Grid): number[] {
  return Array.from({ length: points }, (_, index) => low + ((high - low) * index) / (points - 1))
}
