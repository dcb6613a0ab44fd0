// How often are the intervals of `rewardkit compare` right, and its tests wrong? Simulates two arms with a known
// difference in accuracy, and prints a row of a Markdown table for each design.
//
//   npx tsc -b && nice -n 10 node bench/compare-simulation.mjs [--repetitions 2000]
import { parseArgs } from 'node:util'
import { accuracyDifference, shareInterval } from '../packages/rewardkit/dist/compare/accuracy-difference.js'
import { createRandom } from '../packages/rewardkit/dist/random.js'
import { normalQuantile } from '../packages/rewardkit/dist/statistics/distributions.js'
import { equivalenceTest } from '../packages/rewardkit/dist/statistics/paired-tests.js'

const { values } = parseArgs({ options: { repetitions: { type: 'string', default: '2000' } } })
const repetitions = Number(values.repetitions)
const accuracy = 0.65

/**
 * How two arms are drawn. Whether a run is right on a pair is a normal variable of variance 1 against a threshold. An arm
 * has a part of its own on a prompt, and one on a pair. A run has one on a pair, and a seed adds one to all pairs. The
 * rest is shared by all runs.
 *
 * @typedef {{ name: string, prompts: number, size: number, seeds: number, ownPrompt: number, ownPair: number, run: number, seed: number, isPaired?: boolean }} Design
 */

/** @type {Design[]} */
const designs = [
  { name: '400 prompts of one pair', prompts: 400, size: 1, seeds: 1, ownPrompt: 0, ownPair: 0.2, run: 0.2, seed: 0 },
  { name: '30 prompts of one pair', prompts: 30, size: 1, seeds: 1, ownPrompt: 0, ownPair: 0.2, run: 0.2, seed: 0 },
  {
    name: '400 prompts of ten pairs',
    prompts: 400,
    size: 10,
    seeds: 1,
    ownPrompt: 0.15,
    ownPair: 0.1,
    run: 0.15,
    seed: 0,
  },
  {
    name: '40 prompts of ten pairs',
    prompts: 40,
    size: 10,
    seeds: 1,
    ownPrompt: 0.15,
    ownPair: 0.1,
    run: 0.15,
    seed: 0,
  },
  {
    name: '3 seeds, 400 prompts, much training noise',
    prompts: 400,
    size: 1,
    seeds: 3,
    ownPrompt: 0,
    ownPair: 0.1,
    run: 0.2,
    seed: 0.02,
  },
  {
    name: '5 seeds, 400 prompts, much training noise',
    prompts: 400,
    size: 1,
    seeds: 5,
    ownPrompt: 0,
    ownPair: 0.1,
    run: 0.2,
    seed: 0.02,
  },
  {
    name: '5 seeds, 400 prompts, little training noise',
    prompts: 400,
    size: 1,
    seeds: 5,
    ownPrompt: 0,
    ownPair: 0.1,
    run: 0.2,
    seed: 0.0005,
  },
  {
    name: '5 paired seeds, 400 prompts',
    prompts: 400,
    size: 1,
    seeds: 5,
    ownPrompt: 0,
    ownPair: 0.1,
    run: 0.2,
    seed: 0.01,
    isPaired: true,
  },
]

/**
 * Two arms of runs, each with 1 for a pair that it ranks right.
 *
 * @param {Design} design
 * @param {number} difference of the accuracies
 * @param {import('../packages/rewardkit/dist/random.js').Random} random
 */
function draw({ prompts, size, seeds, ownPrompt, ownPair, run, seed, isPaired = false }, difference, random) {
  const pairs = prompts * size
  const spread = (/** @type {number} */ variance, /** @type {number} */ count) =>
    Float64Array.from({ length: count }, () => Math.sqrt(variance) * random.normal())
  const own = ownPrompt + ownPair + run + seed
  const ofPrompt = spread(size > 1 ? (1 - own) / 2 : 0, prompts)
  const ofPair = spread(size > 1 ? (1 - own) / 2 : 1 - own, pairs)
  const shifts = spread(isPaired ? seed / 2 : 0, seeds)
  const arms = [accuracy, accuracy + difference].map((share) => {
    const [armPrompt, armPair] = [spread(ownPrompt, prompts), spread(ownPair, pairs)]
    const threshold = -normalQuantile(share)
    return Array.from(shifts, (shift) => {
      const ofRun = shift + Math.sqrt(isPaired ? seed / 2 : seed) * random.normal()
      const noise = spread(run, pairs)
      return noise.map((one, pair) => {
        const prompt = Math.floor(pair / size)
        const sum = one + ofRun + at(ofPair, pair) + at(armPair, pair) + at(ofPrompt, prompt) + at(armPrompt, prompt)
        return sum > threshold ? 1 : 0
      })
    })
  })
  const of = Int32Array.from({ length: pairs }, (_, pair) => Math.floor(pair / size))
  const [first = [], second = []] = arms
  return { first, second, isPaired, clusters: { of, count: prompts } }
}

/** @param {Float64Array} numbers @param {number} index */
const at = (numbers, index) => numbers[index] ?? NaN

const percent = (/** @type {number} */ count) => ((100 * count) / repetitions).toFixed(1)

console.log('| design | covers | test | mid-p | for models | TOST |')
console.log('| --- | --: | --: | --: | --: | --: |')
for (const design of designs) {
  const random = createRandom(1, design.name)
  const bound = 0.05
  let [covered, found, foundMid, foundModels, equivalent] = [0, 0, 0, 0, 0]
  for (let i = 0; i < repetitions; i++) {
    const { value, estimate, test, p } = accuracyDifference(draw(design, 0, random))
    const { low, high } = shareInterval(value, estimate)
    if (low <= 0 && 0 <= high) covered++
    if (p <= 0.05) found++
    if (test.mid_p <= 0.05) foundMid++
    if (test.p <= 0.05) foundModels++
    if (equivalenceTest(accuracyDifference(draw(design, bound, random)).estimate, bound).p <= 0.05) equivalent++
  }
  const isCrossed = design.seeds > 1
  const cells = [covered, found, isCrossed ? null : foundMid, isCrossed ? foundModels : null, equivalent]
  console.log(`| ${design.name} | ${cells.map((count) => (count === null ? '' : percent(count))).join(' | ')} |`)
}
