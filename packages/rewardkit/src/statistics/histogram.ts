import { at } from '../at.ts'

/** One bar of a histogram: values in [low, high). */
export interface Bar {
  readonly low: number
  readonly high: number
  readonly count: number
}

/** Counts `values` between ascending `edges`; values on or beyond the outer edges count in the bar next to them. */
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
