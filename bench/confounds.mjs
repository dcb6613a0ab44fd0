// How far off the rate of label noise is, and what length-controlled accuracy shows, on pairs whose truth is known.
//
//   node bench/confounds.mjs [FILE]
//
// FILE: preference pairs with texts; a scorer that only sees the length of responses is then asked for label noise.

import { agreement } from '../packages/rewardkit/dist/analysis/agreement.js'
import { growTable, tableOf } from '../packages/rewardkit/dist/analysis/reward-table.js'
import { confounds } from '../packages/rewardkit/dist/analysis/confounds.js'
import { labelNoise } from '../packages/rewardkit/dist/analysis/label-noise.js'
import { suspiciousPairs } from '../packages/rewardkit/dist/analysis/suspicious.js'
import { defaultDataOptions, openData, readGroups } from '../packages/rewardkit/dist/data/index.js'
import { silentHooks } from '../packages/rewardkit/dist/events.js'
import { createRandom } from '../packages/rewardkit/dist/random.js'
import { simulate } from '../packages/rewardkit/dist/simulate/index.js'

/** @param {number} share */
const percent = (share) => (100 * share).toFixed(1)
/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
/** @param {number} pairs */
const alone = (pairs) => ({ of: Int32Array.from({ length: pairs }, (_, pair) => pair), count: pairs })
/** @param {string} text */
const words = (text) => text.trim().split(/\s+/).length

/**
 * @param {string} id
 * @param {number} margin
 * @param {Partial<import('../packages/rewardkit/dist/statistics/types.js').RewardRow>} more
 * @returns {import('../packages/rewardkit/dist/statistics/types.js').RewardRow}
 */
const row = (id, margin, more = {}) => ({
  schema_version: 1,
  id,
  prompt_id: id,
  subset: null,
  chosen_reward: margin,
  rejected_reward: 0,
  reward_margin: margin,
  ...more,
})

/**
 * Rewards that are the true ones with normal errors of a standard deviation, on 2,000 pairs, 20 times.
 *
 * @param {number} rate
 * @param {number} sd
 */
function noiseOf(rate, sd) {
  const found = Array.from({ length: 20 }, (_, seed) => {
    const { pairs } = simulate({ pairs: 2000, noise: `flip:${rate}`, lengthBias: 0, gradeNoise: 0.5, seed })
    const random = createRandom(seed, 'errors')
    const margins = Float64Array.from(pairs, ({ meta }) => meta.true_margin + sd * random.normal())
    return { accuracy: mean([...margins].map((margin) => (margin > 0 ? 1 : 0))), ...labelNoise(margins, alone(2000)) }
  })
  const given = found.flatMap(({ rate: one }) => (one === null ? [] : [one.value]))
  const covered = found.filter(({ fitting }) => fitting !== null && fitting.low <= rate && fitting.high >= rate)
  return [
    percent(rate),
    String(sd),
    percent(mean(found.map(({ accuracy }) => accuracy))),
    `${given.length} of ${found.length}`,
    given.length === 0 ? '-' : percent(mean(given)),
    given.length === 0 ? '-' : `${percent(Math.min(...given))} to ${percent(Math.max(...given))}`,
    `${covered.length} of ${found.length}`,
  ]
}

console.log(
  'label noise: rate %, sd of errors, accuracy %, rates given, their mean %, range %, intervals that hold the rate',
)
for (const rate of [0, 0.1, 0.25]) for (const sd of [0, 1, 2, 4]) console.log(noiseOf(rate, sd).join(' | '))

/**
 * Labels that lean towards length by `bias` a sentence, and rewards that lean by `reliance` a word.
 *
 * @param {number} bias
 * @param {number} reliance
 */
function lengthOf(bias, reliance) {
  const { pairs } = simulate({ pairs: 20_000, noise: 'flip:0.1', lengthBias: bias, gradeNoise: 0.5, seed: 1 })
  const random = createRandom(1, 'errors')
  const table = tableOf(
    pairs.map(({ id, chosen, rejected, meta }) => {
      const [longer, shorter] = [words(chosen), words(rejected)]
      const own =
        reliance === Infinity ? longer - shorter : meta.true_margin + random.normal() + reliance * (longer - shorter)
      return row(id, own, { chosen_tokens: longer, rejected_tokens: shorter })
    }),
  )
  const { length } = confounds(table)
  if (!length) throw new Error('no lengths')
  const raw = mean([...table.margins].map((margin) => (margin > 0 ? 1 : 0)))
  const { chosen_longer, chosen_shorter, length_controlled_accuracy: controlled, rank_correlation: rho } = length
  const accuracies = [chosen_longer.accuracy, chosen_shorter.accuracy, controlled].map((one) => one?.value ?? NaN)
  const shares = [raw, ...accuracies].map(percent)
  return [bias, reliance === Infinity ? 'length alone' : String(reliance), ...shares, rho?.value.toFixed(2)]
}

console.log(
  '\nlength: bias of labels, reliance of rewards, accuracy %, chosen longer %, shorter %, length-controlled %, rank correlation',
)
for (const bias of [0, 1]) for (const reliance of [0, 0.2, Infinity]) console.log(lengthOf(bias, reliance).join(' | '))

const count = 1e6
const random = createRandom(1, 'a million pairs')
const million = growTable()
for (let i = 0; i < count; i++) {
  const [chosen_tokens, rejected_tokens] = [100 + random.integer(300), 100 + random.integer(300)]
  const texts = { turns: 1, chosen_characters: 4 * chosen_tokens, rejected_characters: 4 * rejected_tokens }
  million.add(
    row(`${i}`, 1 + 2 * random.normal(), {
      prompt_id: `${i >> 1}`,
      annotated_margin: random.integer(4),
      chosen_tokens,
      rejected_tokens,
      ...texts,
      chosen_marks: random.integer(2) === 0 ? ['list'] : [],
      rejected_marks: [],
    }),
  )
}
const large = million.table()
const prompts = { of: large.promptOf, count: large.promptIds.length }
/** @type {Readonly<Record<string, () => unknown>>} */
const parts = {
  agreement: () => agreement(large),
  confounds: () => confounds(large),
  labelNoise: () => labelNoise(large.margins, prompts),
  suspiciousPairs: () => suspiciousPairs(large, labelNoise(large.margins, prompts)).counts,
}
console.log('\nseconds of processor time for a million pairs:')
for (const [name, run] of Object.entries(parts)) {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  console.log(`${name} ${((user + system) / 1e6).toFixed(1)}`)
}

const [file] = process.argv.slice(2)
if (file !== undefined) {
  /** @param {readonly import('../packages/rewardkit/dist/data/index.js').Message[]} [messages] */
  const logLength = (messages = []) =>
    Math.log1p(messages.reduce((sum, { content }) => sum + (content ?? '').length, 0))
  const growing = growTable()
  const data = await openData(file, defaultDataOptions, ['test'], silentHooks)
  for await (const { group } of readGroups(data, () => {})) {
    if (!group) continue
    for (const { chosen, rejected } of group.preferences) {
      const margin = logLength(group.responses[chosen]) - logLength(group.responses[rejected])
      growing.add(row(`${group.id} ${chosen} ${rejected}`, margin, { prompt_id: group.promptId }))
    }
  }
  const table = growing.table()
  const found = labelNoise(table.margins, { of: table.promptOf, count: table.promptIds.length })
  console.log(`\nlabel noise by the logarithm of the length, on ${table.pairs} pairs: ${JSON.stringify(found)}`)
}
