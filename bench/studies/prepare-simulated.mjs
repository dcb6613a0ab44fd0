// Writes what the study of objectives on simulated pairs reads (docs/decisions/0015-studies.md). That is a small untrained
// model for each seed. For each level of label noise it is also the training, validation and test pairs, and the training
// files of single arms.
//
//   npx tsc -b && node bench/studies/prepare-simulated.mjs FOLDER [SEED OF THE PAIRS]
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSimulationModel } from '../../packages/rewardkit/dist/quickstart/index.js'
import { simulate } from '../../packages/rewardkit/dist/simulate/index.js'

/** @typedef {import('../../packages/rewardkit/dist/simulate/index.js').SimulatedPair} SimulatedPair */

/** Pairs of each part, and the share of the 160 prompts that it gets: no prompt is in two parts. */
const parts = [
  { pairs: 4000, share: 0.6 },
  { pairs: 1500, share: 0.15 },
  { pairs: 3000, share: 0.25 },
]
const noises = { 'noise-0': 0, 'noise-10': 0.1, 'noise-25': 0.25 }
const seeds = 10

/** Grades 0 to 3 as margins: 0, 1/3, 2/3 and 1. */
const marginOf = (/** @type {SimulatedPair} */ pair) => pair.margin / 3

const [folder, dataSeed = '1000'] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: node bench/studies/prepare-simulated.mjs FOLDER [SEED OF THE PAIRS]\n')
  process.exit(2)
}

for (let seed = 0; seed < seeds; seed++) {
  const model = join(folder, `model-${seed}`)
  mkdirSync(model, { recursive: true })
  createSimulationModel(model, { seed })
}

for (const [name, rate] of Object.entries(noises)) {
  const out = join(folder, name)
  mkdirSync(out, { recursive: true })
  // The pairs of all levels have the same texts: only labels differ.
  const { pairs } = simulate({
    pairs: 14_000,
    noise: `flip:${rate}`,
    lengthBias: 0,
    gradeNoise: 0.5,
    seed: Number(dataSeed),
  })
  const [train = [], validation = [], test = []] = splitByPrompt(pairs)
  const constant = train.reduce((sum, pair) => sum + marginOf(pair), 0) / train.length
  write(
    out,
    'train.jsonl',
    train.map((pair) => ({ ...pair, margin: marginOf(pair) })),
  )
  write(
    out,
    'train-constant.jsonl',
    train.map((pair) => ({ ...pair, margin: constant })),
  )
  write(
    out,
    'train-soft.jsonl',
    train.map((pair) => ({ ...pair, probability: 1 / (1 + Math.exp(-pair.margin)) })),
  )
  write(out, 'validation.jsonl', validation)
  write(out, 'test.jsonl', test)
  write(out, 'test-true.jsonl', test.map(withTrueLabel))
}

/**
 * Training, validation and test pairs. Prompts go to a part in the order in which they first appear, which is random.
 * @param {readonly SimulatedPair[]} pairs
 */
function splitByPrompt(pairs) {
  const prompts = [...new Set(pairs.map((pair) => pair.prompt))]
  let end = 0
  return parts.map(({ pairs: wanted, share }) => {
    const start = end
    end = Math.min(prompts.length, start + Math.round(share * prompts.length))
    const ours = new Set(prompts.slice(start, end))
    const found = pairs.filter((pair) => ours.has(pair.prompt)).slice(0, wanted)
    if (found.length < wanted) throw new Error(`${found.length} pairs where ${wanted} are wanted`)
    return found
  })
}

/**
 * @param {SimulatedPair} pair
 * @returns {SimulatedPair}
 */
function withTrueLabel(pair) {
  return pair.meta.true_chosen === 'chosen' ? pair : { ...pair, chosen: pair.rejected, rejected: pair.chosen }
}

/**
 * @param {string} out
 * @param {string} name
 * @param {readonly object[]} rows
 */
function write(out, name, rows) {
  writeFileSync(join(out, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}
