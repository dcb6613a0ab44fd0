// Compares ways to give skewness (g1) and excess kurtosis (g2) a 95 % interval: how often each covers the truth. The
// values are independent. Decision 0013 has what was found. About 20 seconds for each
// distribution.
//
//   node bench/shape-methods.mjs [exponential ...] [--values 400] [--trials 300]
//
// Names of distributions leave out the others.
import { parseArgs } from 'node:util'
import { createRandom } from '../packages/rewardkit/dist/random.js'
import { normalCdf, normalQuantile, studentQuantile } from '../packages/rewardkit/dist/statistics/distributions.js'
import { quantile } from '../packages/rewardkit/dist/statistics/histogram.js'

/** @typedef {{ readonly value: number, readonly error: number }} Found A statistic, and its standard error by influences. */

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { values: { type: 'string', default: '400' }, trials: { type: 'string', default: '300' } },
})
const [count, trials, draws] = [Number(options.values), Number(options.trials), 399]
let random = createRandom(1, 'shape methods')
const exponential = () => -Math.log(1 - random.uniform())
const gamma4 = () => exponential() + exponential() + exponential() + exponential()

/** @type {[string, () => number, number, number][]} with skewness and excess kurtosis */
const distributions = [
  ['normal', () => random.normal(), 0, 0],
  ['uniform', () => random.uniform(), 0, -1.2],
  ['Gumbel', () => -Math.log(exponential()), 1.1395470994046486, 2.4],
  ['gamma, shape 4', gamma4, 1, 1.5],
  ['exponential', exponential, 2, 6],
  ["Student's t, 9 degrees", () => random.normal() / Math.sqrt((2 * gamma4() + random.normal() ** 2) / 9), 0, 1.2],
]

/** @param {Float64Array} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * @param {Float64Array} values
 * @returns {[Found, Found]} skewness and excess kurtosis
 */
function shapeOf(values) {
  const center = mean(values)
  const deviation = Math.sqrt(mean(values.map((value) => (value - center) ** 2)))
  const z = values.map((value) => (value - center) / deviation)
  const g1 = mean(z.map((value) => value ** 3))
  const kurtosis = mean(z.map((value) => value ** 4))
  const error = (/** @type {(z: number) => number} */ influence) =>
    Math.sqrt(mean(z.map((value) => influence(value) ** 2)) / (values.length - 1))
  return [
    { value: g1, error: error((one) => one ** 3 - 3 * one - g1 - 1.5 * g1 * (one ** 2 - 1)) },
    { value: kurtosis - 3, error: error((one) => one ** 4 - kurtosis - 4 * g1 * one - 2 * kurtosis * (one ** 2 - 1)) },
  ]
}

/**
 * The bounds of each method.
 * @param {Found} observed
 * @param {readonly Found[]} drawn from resamples
 * @param {Float64Array} left the statistic without each value
 * @returns {Record<string, [number, number]>}
 */
function boundsOf({ value, error }, drawn, left) {
  const t = studentQuantile(0.975, count - 1)
  const sorted = Float64Array.from(drawn, (one) => one.value).sort()
  const distances = Float64Array.from(drawn, (one) => (one.value - value) / one.error).sort()
  const center = mean(left)
  const squares = left.reduce((sum, one) => sum + (center - one) ** 2, 0)
  const jackknife = t * Math.sqrt((squares * (count - 1)) / count)
  const acceleration = left.reduce((sum, one) => sum + (center - one) ** 3, 0) / (6 * squares ** 1.5)
  const bias = normalQuantile((sorted.filter((one) => one < value).length + 0.5) / (draws + 1))
  const corrected = (/** @type {number} */ z) => normalCdf(bias + (bias + z) / (1 - acceleration * (bias + z)))
  return {
    'delta method': [value - t * error, value + t * error],
    jackknife: [value - jackknife, value + jackknife],
    basic: [2 * value - quantile(sorted, 0.975), 2 * value - quantile(sorted, 0.025)],
    percentile: [quantile(sorted, 0.025), quantile(sorted, 0.975)],
    BCa: [quantile(sorted, corrected(-1.96)), quantile(sorted, corrected(1.96))],
    studentised: [value - quantile(distances, 0.975) * error, value - quantile(distances, 0.025) * error],
  }
}

for (const [name, draw, ...truth] of distributions) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  random = createRandom(1, name)
  /** @type {Record<string, [number, number]>} */
  const covered = {}
  for (let trial = 0; trial < trials; trial++) {
    const values = Float64Array.from({ length: count }, draw)
    const observed = shapeOf(values)
    const drawn = Array.from({ length: draws }, () => shapeOf(values.map(() => values[random.integer(count)] ?? NaN)))
    const left = Array.from(values, (_, i) => shapeOf(values.filter((_value, j) => j !== i)))
    for (const which of /** @type {const} */ ([0, 1])) {
      const bounds = boundsOf(
        observed[which],
        drawn.map((one) => one[which]),
        Float64Array.from(left, (one) => one[which].value),
      )
      for (const [method, [low, high]] of Object.entries(bounds)) {
        const counts = (covered[method] ??= [0, 0])
        if (low <= truth[which] && truth[which] <= high) counts[which]++
      }
    }
  }
  for (const [method, counts] of Object.entries(covered))
    console.log(
      `${name.padEnd(24)} ${method.padEnd(14)} ${counts.map((one) => `${((100 * one) / trials).toFixed(1)} %`).join('  ')}`,
    )
}
