import { at } from '../at.ts'

/**
 * Mean and central moments of some values, which divide by their number, and how each value moves the statistics that
 * come from them: its influence, as `influenceInterval` takes it.
 */
export interface Moments {
  readonly count: number
  readonly mean: number
  readonly second: number
  readonly third: number
  readonly fourth: number
}

/** In two passes, as differences from the first value: equal values are exactly their own mean. */
export function momentsOf(values: Float64Array): Moments {
  const count = values.length
  const first = at(values, 0)
  let sum = 0
  for (const value of values) sum += value - first
  const mean = first + sum / count
  let [second, third, fourth] = [0, 0, 0]
  for (const value of values) {
    const difference = value - mean
    const square = difference * difference
    second += square
    third += square * difference
    fourth += square * square
  }
  return { count, mean, second: second / count, third: third / count, fourth: fourth / count }
}

/** A statistic, and its influence by the z of a value: by how many standard deviations it is above the mean. */
interface Influenced {
  readonly value: number
  readonly influence: (z: number) => number
}

/** The standard deviation's logarithm and the standardised moments; they are defined where the values differ. */
export function influencedBy({ count, mean, second, third, fourth }: Moments) {
  const deviation = Math.sqrt(second)
  const bessel = Math.sqrt(count / (count - 1))
  const ratio = mean / (deviation * bessel)
  const skewness = third / deviation ** 3
  const kurtosis = fourth / second ** 2
  return {
    logDeviation: { value: Math.log(deviation * bessel), influence: (z) => (z * z - 1) / 2 },
    meanOverDeviation: { value: ratio, influence: (z) => z / bessel - (ratio / 2) * (z * z - 1) },
    skewness: { value: skewness, influence: (z) => z * z * z - skewness - 3 * z - 1.5 * skewness * (z * z - 1) },
    excessKurtosis: {
      value: kurtosis - 3,
      influence: (z) => z * z * z * z - kurtosis - 4 * skewness * z - 2 * kurtosis * (z * z - 1),
    },
  } satisfies Record<string, Influenced>
}

/** The influence of each value. */
export function influences(values: Float64Array, { mean, second }: Moments, { influence }: Influenced): Float64Array {
  const deviation = Math.sqrt(second)
  return values.map((value) => influence((value - mean) / deviation))
}
