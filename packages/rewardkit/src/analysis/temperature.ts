import { at } from '../at.ts'
import { sigmoid } from '../logistic.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { influenceInterval } from '../statistics/intervals.ts'
import { bestTemperature, temperatureLimits } from '../statistics/statistics.ts'
import { type Estimate, estimateOf, undefinedFor } from './estimate.ts'

/**
 * The temperature that minimises the log loss of sigmoid(margin / temperature), with a 95 % interval. The interval is
 * that of its logarithm, from the influence of each pair: the derivative of its loss over the mean second derivative.
 */
export function fitTemperature(margins: Float64Array, clusters: Clusters): Estimate {
  const value = bestTemperature(margins)
  const reason = withoutTemperature(value)
  if (reason !== null) return undefinedFor(reason)
  let curvature = 0
  for (const margin of margins) curvature += margin ** 2 * sigmoid(margin / value) * sigmoid(-margin / value)
  const scale = (-value * margins.length) / curvature
  const influence = margins.map((margin) => scale * margin * sigmoid(-margin / value))
  const { low, high } = influenceInterval(Math.log(value), influence, clusters)
  return estimateOf({ value, low: Math.exp(low), high: Math.exp(high) })
}

/** Why no temperature is best, where the one that was found is at a limit. */
function withoutTemperature(temperature: number): string | null {
  if (temperature <= temperatureLimits.lowest)
    return 'no pair is ranked wrongly, so lower temperatures are always better'
  if (temperature >= temperatureLimits.highest)
    return 'the reward margins are not above zero on average, so no temperature beats calling every pair a tie'
  return null
}

/** Parts of the prompts, each of which gets the temperature of the others. */
const parts = 5

/** The temperature of each pair, or why there are none. */
export type TemperatureByPair = { readonly of: Float64Array } | { readonly reason: string }

/**
 * Cross-fitting: the prompts are dealt into five parts (fewer where there are fewer prompts), and the pairs of a part get
 * the temperature that is best for the pairs of the other parts. So no pair is judged by a temperature that has seen it,
 * or another pair of its prompt.
 */
export function crossFittedTemperatures(margins: Float64Array, { of, count }: Clusters): TemperatureByPair {
  const hasPairs = new Uint8Array(count)
  for (const prompt of of) hasPairs[prompt] = 1
  const prompts = shuffledIndexes(count, createRandom(0, 'cross-fitting')).filter((prompt) => hasPairs[prompt] === 1)
  if (prompts.length < 2) return { reason: 'all pairs have the same prompt, so none are left to fit a temperature on' }
  const size = Math.min(parts, prompts.length)
  const partOf = new Uint8Array(count)
  prompts.forEach((prompt, place) => {
    partOf[prompt] = place % size
  })
  const temperatures: number[] = []
  for (let part = 0; part < size; part++) {
    const temperature = bestTemperature(margins.filter((_, pair) => at(partOf, at(of, pair)) !== part))
    const reason = withoutTemperature(temperature)
    if (reason !== null) return { reason: `without one of ${size} parts of the prompts, ${reason}` }
    temperatures.push(temperature)
  }
  return { of: margins.map((_, pair) => at(temperatures, at(partOf, at(of, pair)))) }
}
