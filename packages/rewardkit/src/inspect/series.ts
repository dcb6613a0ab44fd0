import { at } from '../at.ts'
import { type Bar, histogram, quantile, roundEdges } from '../statistics/histogram.ts'

/** How numbers are distributed. Quantiles are exact, interpolated between order statistics (numpy's default). */
export interface Distribution {
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly p25: number
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  /** Whether the bars are even, around whole numbers, or half powers of two. */
  readonly scale: 'even' | 'counts' | 'logarithmic'
  readonly histogram: readonly Bar[]
}

/** Numbers that are kept until their distribution is asked for, 8 to 16 bytes each. */
export interface Series {
  add(value: number): void
  /** Null where there is no number. */
  distribution(): Distribution | null
}

/** Lengths are drawn evenly if the longest is less than this many times the shortest. */
const mostEven = 8

/**
 * An empty series. The bars of its histogram are even, with `counts` around whole numbers, or with `logarithmic` half
 * powers of two, for lengths that differ much.
 */
export function createSeries(wanted: Distribution['scale'] = 'even'): Series {
  let values = new Float64Array(256)
  let count = 0
  return {
    add(value) {
      if (count === values.length) {
        const larger = new Float64Array(2 * count)
        larger.set(values)
        values = larger
      }
      values[count++] = value
    },
    distribution() {
      if (count === 0) return null
      const sorted = values.slice(0, count).sort()
      const [min, max] = [at(sorted, 0), at(sorted, count - 1)]
      const scale = wanted === 'logarithmic' && max < mostEven * Math.max(1, min) ? 'even' : wanted
      const edges = edgesOf[scale](min, max)
      return {
        count,
        mean: sorted.reduce((sum, value) => sum + value, 0) / count,
        min,
        p25: quantile(sorted, 0.25),
        p50: quantile(sorted, 0.5),
        p75: quantile(sorted, 0.75),
        p90: quantile(sorted, 0.9),
        p95: quantile(sorted, 0.95),
        p99: quantile(sorted, 0.99),
        max,
        scale,
        histogram: histogram(sorted, edges),
      }
    },
  }
}

const edgesOf: Readonly<Record<Distribution['scale'], (min: number, max: number) => number[]>> = {
  even: (min, max) => roundEdges(min, max, 32),
  counts: countEdges,
  logarithmic: lengthEdges,
}

/** Bars that are each as many whole numbers wide, at most 40 of them. */
function countEdges(min: number, max: number): number[] {
  const step = Math.ceil((max - min + 1) / 40)
  const bars = Math.ceil((max - min + 1) / step)
  return Array.from({ length: bars + 1 }, (_, index) => min - 0.5 + index * step)
}

/** Half powers of two around all lengths; 0 is counted with 1. */
function lengthEdges(min: number, max: number): number[] {
  const first = Math.floor(2 * Math.log2(Math.max(1, min)))
  const last = Math.max(first + 1, Math.floor(2 * Math.log2(Math.max(1, max))) + 1)
  return Array.from({ length: last - first + 1 }, (_, index) => 2 ** ((first + index) / 2))
}
