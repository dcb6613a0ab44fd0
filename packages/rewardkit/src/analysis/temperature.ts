import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { sigmoid } from '../logistic.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { influenceInterval } from '../statistics/intervals.ts'
import { bestTemperature, temperatureLimits } from '../statistics/statistics.ts'
import { type Statistic, statisticOf, undefinedFor } from './statistic.ts'

/**
 * The temperature that minimises the log loss of sigmoid(margin / temperature), with a 95 % interval. The interval is
 * that of its logarithm, from the influence of each pair: the derivative of its loss over the mean second derivative.
 */
export function fitTemperature(margins: Float64Array, clusters: Clusters): Statistic {
  const value = bestTemperature(margins)
  const reason = withoutTemperature(value)
  if (reason !== null) return undefinedFor(reason)
  let curvature = 0
  for (const margin of margins) curvature += margin ** 2 * sigmoid(margin / value) * sigmoid(-margin / value)
  const scale = (-value * margins.length) / curvature
  const influence = margins.map((margin) => scale * margin * sigmoid(-margin / value))
  const { low, high } = influenceInterval(Math.log(value), influence, clusters)
  return statisticOf({ value, low: Math.exp(low), high: Math.exp(high) })
}

/** Why no temperature is best, where the one that was found is at a limit. */
function withoutTemperature(temperature: number): string | null {
  if (temperature <= temperatureLimits.lowest)
    return 'no pair is ranked wrongly, so lower temperatures are always better'
  if (temperature >= temperatureLimits.highest)
    return 'the reward margins are not above zero on average, so no temperature beats calling every pair a tie'
  return null
}

/** A temperature that was fitted on other pairs: that of a model's calibration.json. */
export interface GivenTemperature {
  readonly temperature: Statistic & { readonly value: number }
  /** Pairs and prompts that it was fitted on. */
  readonly pairs: number
  readonly prompts: number
}

/** A temperature for each pair that was not fitted on it. */
export interface Temperatures {
  readonly source: 'calibration_file' | 'cross_fitting' | 'none'
  /** The one of calibration.json; for cross-fitting, the one that is best for all pairs together. */
  readonly temperature: Statistic
  /** That of each pair; null where there are none. */
  readonly of: Float64Array | null
  /** Where they come from, or why there are none. */
  readonly words: string
}

/** The given temperature for every pair, or temperatures that are cross-fitted by prompt. */
export function temperaturesFor(
  margins: Float64Array,
  clusters: Clusters,
  given: GivenTemperature | null = null,
): Temperatures {
  if (given)
    return {
      source: 'calibration_file',
      temperature: given.temperature,
      of: new Float64Array(margins.length).fill(given.temperature.value),
      words: `by the calibration.json of the model, fitted on ${counted(given.pairs, 'other pair')} of ${counted(given.prompts, 'prompt')}`,
    }
  const fitted = crossFitted(margins, clusters)
  return typeof fitted === 'string'
    ? { source: 'none', temperature: undefinedFor(fitted), of: null, words: `none: ${fitted}` }
    : {
        source: 'cross_fitting',
        temperature: fitTemperature(margins, clusters),
        of: fitted,
        words: 'cross-fitted, so that no pair has a temperature that was fitted on its prompt',
      }
}

/** Parts that the prompts are dealt into. */
const parts = 5

/**
 * Cross-fitting: the prompts are dealt into five parts, or fewer where there are fewer prompts. The pairs of a part get
 * the temperature that is best for the pairs of the other parts.
 * @returns the temperature of each pair, or why there are none
 */
function crossFitted(margins: Float64Array, { of, count }: Clusters): Float64Array | string {
  const hasPairs = new Uint8Array(count)
  for (const prompt of of) hasPairs[prompt] = 1
  const prompts = shuffledIndexes(count, createRandom(0, 'cross-fitting')).filter((prompt) => hasPairs[prompt] === 1)
  if (prompts.length < 2) return 'all pairs have the same prompt, so none are left to fit a temperature on'
  const size = Math.min(parts, prompts.length)
  const partOf = new Uint8Array(count)
  prompts.forEach((prompt, place) => {
    partOf[prompt] = place % size
  })
  const temperatures: number[] = []
  for (let part = 0; part < size; part++) {
    const temperature = bestTemperature(margins.filter((_, pair) => at(partOf, at(of, pair)) !== part))
    const reason = withoutTemperature(temperature)
    if (reason !== null) return `without one of ${size} parts of the prompts, ${reason}`
    temperatures.push(temperature)
  }
  return margins.map((_, pair) => at(temperatures, at(partOf, at(of, pair))))
}
