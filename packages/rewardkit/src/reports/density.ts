import { at } from '../at.ts'

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
 * Gaussian kernel density estimate of `values` on an even grid, with Scott's bandwidth n^(-1/5) times the sample
 * standard deviation (n - 1 in the denominator): what scipy.stats.gaussian_kde computes by default (Scott 1992).
 *
 * @returns null where there is no density to draw: fewer than two values, or all of them equal.
 */
export function kernelDensity(values: readonly number[], grid: Grid): Density | null {
  const bandwidth = scottBandwidth(values)
  if (!(bandwidth > 0)) return null
  const scale = 1 / (values.length * bandwidth * Math.sqrt(2 * Math.PI))
  const x = evenGrid(grid)
  const density = x.map((point) => {
    let sum = 0
    for (const value of values) sum += Math.exp(-0.5 * ((point - value) / bandwidth) ** 2)
    return sum * scale
  })
  return { x, density, bandwidth }
}

/** Scott's rule for one dimension; 0 where fewer than two values or all equal, NaN where one is not finite. */
export function scottBandwidth(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1)) * values.length ** -0.2
}

/** One bar of a histogram: values in [low, high). */
export interface Bar {
  readonly low: number
  readonly high: number
  readonly count: number
}

/** Counts `values` between ascending `edges`; what lies on or beyond the outer edges is counted in the bar next to them. */
export function histogram(values: Iterable<number>, edges: readonly number[]): Bar[] {
  const bars = edges.slice(1).map((high, index) => ({ low: at(edges, index), high, count: 0 }))
  for (const value of values) {
    at(bars, Math.min(Math.max(lastAtMost(edges, value), 0), bars.length - 1)).count++
  }
  return bars
}

/** Even steps of 1, 2 or 5 times a power of ten around zero, about `count` of them, that span low to high; one bar where they are equal. */
export function roundEdges(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low - 0.5, low + 0.5]
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.floor(low / step)
  const last = Math.max(Math.ceil(high / step), first + 1)
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step)
}

/** Index of the last edge that is at most `value`; -1 where none is. */
function lastAtMost(edges: readonly number[], value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((edges[middle] ?? Infinity) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Linear interpolation between order statistics (numpy's default); NaN for no values. `sorted` ascends. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return NaN
  const place = share * (sorted.length - 1)
  const below = at(sorted, Math.floor(place))
  const above = at(sorted, Math.ceil(place))
  return below + (above - below) * (place - Math.floor(place))
}

function evenGrid({ low, high, points }: Grid): number[] {
  return Array.from({ length: points }, (_, index) => low + ((high - low) * index) / (points - 1))
}
