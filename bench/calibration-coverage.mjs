// How often 95 % intervals of the calibration error and of the temperature cover the truth, on simulated margins.
//
//   node bench/calibration-coverage.mjs [--trials 200]
import { parseArgs } from 'node:util'
import { calibrationOf } from '../packages/rewardkit/dist/analysis/calibration.js'
import { fitTemperature, temperaturesFor } from '../packages/rewardkit/dist/analysis/temperature.js'
import { createRandom } from '../packages/rewardkit/dist/random.js'

const { values } = parseArgs({ options: { trials: { type: 'string', default: '200' } } })
const trials = Number(values.trials)
const random = createRandom(7, 'coverage of margins')

/**
 * Margins of prompts with pairs alike: a normal part that a prompt's pairs share, and a part of their own.
 *
 * @param {number} prompts
 * @param {number} pairs
 * @param {number} correlation
 * @param {(shared: number) => number} draw
 */
function sample(prompts, pairs, correlation, draw) {
  const margins = new Float64Array(prompts * pairs)
  const promptOf = new Int32Array(margins.length)
  for (let prompt = 0; prompt < prompts; prompt++) {
    const shared = random.normal()
    for (let pair = prompt * pairs; pair < (prompt + 1) * pairs; pair++) {
      margins[pair] = draw(Math.sqrt(correlation) * shared)
      promptOf[pair] = prompt
    }
  }
  return { margins, clusters: { of: promptOf, count: prompts } }
}

/** @type {(interval: { low: number | null, high: number | null }, truth: number) => boolean} */
const covers = ({ low, high }, truth) => (low ?? NaN) <= truth && truth <= (high ?? NaN)

/**
 * Margins that say the true probability, times a temperature.
 *
 * @type {(temperature: number) => (shared: number) => number}
 */
const calibrated = (temperature) => (shared) => {
  const margin = 0.5 + shared + random.normal()
  return temperature * (random.uniform() < 1 / (1 + Math.exp(-margin)) ? margin : -margin)
}

/** @param {ReturnType<typeof sample>} table */
const errorOf = ({ margins, clusters }) => {
  const given = { temperature: { value: 1, low: 1, high: 1 }, pairs: 0, prompts: 0 }
  return calibrationOf(margins, clusters, temperaturesFor(margins, clusters, given)).expected_calibration_error
}

for (const temperature of [1, 1.5, 3]) {
  const truth = temperature === 1 ? 0 : (errorOf(sample(200_000, 1, 0.3, calibrated(temperature))).value ?? NaN)
  const count = { error: 0, temperature: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const drawn = sample(200, 4, 0.3, calibrated(temperature))
    if (covers(errorOf(drawn), truth)) count.error++
    if (covers(fitTemperature(drawn.margins, drawn.clusters), temperature)) count.temperature++
  }
  const share = (/** @type {number} */ covered) => ((100 * covered) / trials).toFixed(1)
  console.log(
    `temperature ${temperature}, 200 prompts of 4 pairs: calibration error ${share(count.error)} (truth ${truth.toFixed(3)}), temperature ${share(count.temperature)}`,
  )
}
