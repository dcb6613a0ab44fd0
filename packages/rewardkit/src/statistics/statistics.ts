import { logSigmoid, sigmoid } from '../logistic.ts'
import type { MarginStatistics } from './types.ts'

/** Margins that differ by less than this part of their mean differ by the rounding of rewards: they count as equal. */
const rounding = 1e-12

/**
 * Sample statistics of reward margins in float64. The standard deviation divides by n - 1. Skewness is g1 and kurtosis
 * the excess g2, from central moments that divide by n, as scipy's `skew` and `kurtosis` with `bias=True`. Undefined
 * values (the standard deviation of one margin, a ratio by 0) are NaN, which JSON writes as null.
 */
export function marginStatistics(margins: ArrayLike<number>): MarginStatistics {
  const values = Float64Array.from(margins)
  const count = values.length
  // By differences from the first, equal margins are exactly their own mean and have no variance.
  const [first = NaN] = values
  const mean = first + sumOf(values.map((value) => value - first)) / count
  const moment = (order: number) => sumOf(values.map((value) => (value - mean) ** order)) / count
  const variance = moment(2)
  const areEqual = count > 1 && Math.sqrt(variance) <= rounding * Math.abs(mean)
  const deviation = areEqual ? 0 : Math.sqrt((variance * count) / (count - 1))
  return {
    mean,
    standard_deviation: deviation,
    mean_over_standard_deviation: deviation > 0 ? mean / deviation : NaN,
    skewness: areEqual ? NaN : moment(3) / variance ** 1.5,
    excess_kurtosis: areEqual ? NaN : moment(4) / variance ** 2 - 3,
    share_below_zero: values.filter((value) => value < 0).length / count,
  }
}

/** The Bradley-Terry log loss: the mean of -log sigmoid(margin / temperature), in nats; log 2 is chance. */
export function logLoss(margins: ArrayLike<number>, temperature = 1): number {
  return -sumOf(Float64Array.from(margins, (margin) => logSigmoid(margin / temperature))) / margins.length
}

/** What `bestTemperature` returns at least and at most. */
export const temperatureLimits = { lowest: 1e-6, highest: 1e6 } as const

/**
 * The temperature that minimises `logLoss`, by Newton's method on the loss's derivative in 1 / temperature, in which the
 * loss is convex, within bounds that each step narrows. It is at least 1e-6 and at most 1e6. It reaches 1e-6 if no pair
 * is ranked wrongly, since the loss then falls without end. It reaches 1e6 if the mean margin is not positive, since then
 * nothing beats calling every pair a tie.
 */
export function bestTemperature(margins: ArrayLike<number>): number {
  const values = Float64Array.from(margins)
  let [low, high] = [1 / temperatureLimits.highest, 1 / temperatureLimits.lowest]
  if (lossSlope(values, low).first >= 0) return temperatureLimits.highest
  if (lossSlope(values, high).first <= 0) return temperatureLimits.lowest
  let scale = 1
  for (let step = 0; step < 200; step++) {
    const { first, second } = lossSlope(values, scale)
    if (first === 0) return 1 / scale
    if (first < 0) low = scale
    else high = scale
    const newton = scale - first / second
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high)
    if (Math.abs(next - scale) <= 1e-14 * scale) return 1 / next
    scale = next
  }
  return 1 / scale
}

/** First and second derivative of the summed loss in the scale, which is 1 / temperature. */
function lossSlope(margins: Float64Array, scale: number): { readonly first: number; readonly second: number } {
  let [first, second] = [0, 0]
  for (const margin of margins) {
    const wrong = sigmoid(-scale * margin)
    first -= margin * wrong
    second += margin * margin * wrong * (1 - wrong)
  }
  return { first, second }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)
