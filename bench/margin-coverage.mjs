// How often 95 % intervals of margin statistics, temperature and calibration error cover the truth, on simulated margins.
// Usage: node bench/margin-coverage.mjs [--trials 1000]
import { parseArgs } from 'node:util'
import { calibrationOf } from '../packages/rewardkit/dist/analysis/calibration.js'
import { marginDistribution } from '../packages/rewardkit/dist/analysis/margin-distribution.js'
import { fitTemperature, temperaturesFor } from '../packages/rewardkit/dist/analysis/temperature.js'
import { createRandom } from '../packages/rewardkit/dist/random.js'

const { values } = parseArgs({ options: { trials: { type: 'string', default: '1000' } } })
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
  return tableOfMargins(margins, promptOf, prompts)
}

/**
 * @param {Float64Array} margins
 * @param {Int32Array} promptOf
 * @param {number} prompts
 */
const tableOfMargins = (margins, promptOf, prompts) => ({
  pairs: margins.length,
  ids: [],
  promptOf,
  promptIds: Array.from({ length: prompts }, () => ''),
  subsetOf: new Int32Array(0),
  subsetNames: [],
  chosenRewards: margins,
  rejectedRewards: margins,
  margins,
})

/** @type {(correlation: number) => (shared: number) => number} */
const normal = (correlation) => (shared) => 0.5 + shared + Math.sqrt(1 - correlation) * random.normal()
const gumbel = () => -Math.log(-Math.log(1 - random.uniform()))
const truths = {
  normal: {
    mean: 0.5,
    standard_deviation: 1,
    mean_over_standard_deviation: 0.5,
    median: 0.5,
    skewness: 0,
    excess_kurtosis: 0,
  },
  gumbel: {
    mean: 0.5772156649,
    standard_deviation: 1.2825498302,
    mean_over_standard_deviation: 0.5772156649 / 1.2825498302,
    median: -Math.log(Math.LN2),
    skewness: 1.1395470994,
    excess_kurtosis: 2.4,
  },
}

/** @type {(interval: { low: number | null, high: number | null }, truth: number) => boolean} */
const covers = ({ low, high }, truth) => (low ?? NaN) <= truth && truth <= (high ?? NaN)

const statistics = /** @type {const} */ ([
  'mean',
  'standard_deviation',
  'mean_over_standard_deviation',
  'median',
  'skewness',
  'excess_kurtosis',
])

/** @type {{ name: string, prompts: number, pairs: number, correlation: number, kind: 'normal' | 'gumbel' }[]} */
const cases = [
  { name: 'normal, 400 prompts of 1 pair', prompts: 400, pairs: 1, correlation: 0, kind: 'normal' },
  { name: 'normal, 40 prompts of 10 pairs, correlation 0.3', prompts: 40, pairs: 10, correlation: 0.3, kind: 'normal' },
  { name: 'Gumbel (g1 1.14, g2 2.4), 400 prompts of 1 pair', prompts: 400, pairs: 1, correlation: 0, kind: 'gumbel' },
  { name: 'Gumbel, 2,000 prompts of 1 pair', prompts: 2000, pairs: 1, correlation: 0, kind: 'gumbel' },
  { name: 'Gumbel, 10,000 prompts of 1 pair', prompts: 10_000, pairs: 1, correlation: 0, kind: 'gumbel' },
]

for (const { name, prompts, pairs, correlation, kind } of cases) {
  const covered = statistics.map(() => 0)
  for (let trial = 0; trial < trials; trial++) {
    const draw = kind === 'normal' ? normal(correlation) : gumbel
    const found = marginDistribution(sample(prompts, pairs, correlation, draw))
    statistics.forEach((statistic, i) => {
      if (covers(found[statistic], truths[kind][statistic])) covered[i] = (covered[i] ?? 0) + 1
    })
  }
  const shares = statistics.map((statistic, i) => `${statistic} ${((100 * (covered[i] ?? 0)) / trials).toFixed(1)}`)
  console.log(`${name}: ${shares.join(', ')}`)
}

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
const errorOf = ({ margins, promptOf, promptIds }) => {
  const clusters = { of: promptOf, count: promptIds.length }
  const given = { temperature: { value: 1, low: 1, high: 1 }, pairs: 0, prompts: 0 }
  return calibrationOf(margins, clusters, temperaturesFor(margins, clusters, given)).expected_calibration_error
}

const fewer = Math.ceil(trials / 5)
for (const temperature of [1, 1.5, 3]) {
  const truth = temperature === 1 ? 0 : (errorOf(sample(200_000, 1, 0.3, calibrated(temperature))).value ?? NaN)
  const count = { error: 0, temperature: 0 }
  for (let trial = 0; trial < fewer; trial++) {
    const drawn = sample(200, 4, 0.3, calibrated(temperature))
    if (covers(errorOf(drawn), truth)) count.error++
    if (covers(fitTemperature(drawn.margins, { of: drawn.promptOf, count: 200 }), temperature)) count.temperature++
  }
  const share = (/** @type {number} */ covered) => ((100 * covered) / fewer).toFixed(1)
  console.log(
    `temperature ${temperature}, 200 prompts of 4 pairs: calibration error ${share(count.error)} (truth ${truth.toFixed(3)}), temperature ${share(count.temperature)}`,
  )
}
