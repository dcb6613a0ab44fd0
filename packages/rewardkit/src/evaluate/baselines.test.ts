import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { watching } from '../fixtures/watching.ts'
import { simulationVocabulary } from '../simulate/index.ts'
import { trainOptionsSchema } from '../train/train-options.ts'
import { train } from '../train/train.ts'
import { type EvaluateInput, evaluateOptionsSchema } from './evaluate-options.ts'
import { evaluateModel } from './evaluate.ts'

const folder = mkdtempSync(join(tmpdir(), 'evaluate-baselines-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = (name: string) => join(folder, name)
const training = tinyPairs(460).slice(0, 400)

beforeAll(async () => {
  writeTinyModel(path('untrained'), { initializerRange: 0.1 })
  writeRows(path('train.jsonl'), training)
  writeRows(path('test.jsonl'), tinyPairs(460).slice(400))
  await train(
    trainOptionsSchema.parse({
      model: path('untrained'),
      data: path('train.jsonl'),
      evalData: path('test.jsonl'),
      out: path('run'),
      batchSize: 200,
      threads: 1,
    }),
    silentHooks,
  )
})

/** An evaluation on the test pairs, and what it logged. */
async function evaluated(changed: Partial<EvaluateInput> = {}) {
  const { hooks, logs } = watching()
  const options = { model: path('run'), data: path('test.jsonl'), out: path('out'), overwrite: true, threads: 1 }
  const { summary } = await evaluateModel(evaluateOptionsSchema.parse({ ...options, ...changed }), hooks)
  return { ...summary, log: logs().join('\n') }
}

it('training compares its model with a bag of words that learned from the same pairs', () => {
  const summary = JSON.parse(readFileSync(join(path('run'), 'evaluation', 'summary.json'), 'utf8')) as {
    baselines: object
    verdict: { sentences: string[] }
  }
  expect(Object.keys(summary.baselines)).toEqual(['longer_wins', 'bag_of_words'])
  expect(summary.verdict.sentences[0]).toContain('a bag of words (')
  const [row] = readFileSync(join(path('run'), 'evaluation', 'rewards.jsonl'), 'utf8').split('\n')
  expect(JSON.parse(row ?? '')).toMatchObject({ baseline_margins: { bag_of_words: expect.any(Number) as number } })
})

it('evaluating the run finds its training data, and the same bag of words', async () => {
  const stored = JSON.parse(readFileSync(join(path('run'), 'evaluation', 'summary.json'), 'utf8')) as unknown
  const { baselines, log } = await evaluated()
  expect(stored).toMatchObject({ baselines: { bag_of_words: baselines?.bag_of_words } })
  expect(log).toMatch(/a bag of words learns from \d+ pairs of .*train\.jsonl/)
})

it('other data may be named, and pairs whose prompt is evaluated teach nothing', async () => {
  const { baselines, log } = await evaluated({
    data: path('train.jsonl'),
    limit: 100,
    baselineData: path('train.jsonl'),
  })
  const prompts = new Set(training.slice(0, 100).map(({ prompt }) => prompt))
  const left = training.filter(({ prompt }) => prompts.has(prompt)).length
  expect(left).toBeGreaterThan(100)
  expect(log).toContain(`learns from ${400 - left} pairs of`)
  expect(log).toContain(`, without ${left} pairs whose prompt is evaluated`)
  expect(baselines?.bag_of_words?.pairs).toBe(100)
})

it.each([
  ['none', 'leaves it out', /^(?!.*bag of words)/s],
  [
    'test.jsonl',
    'has no other pair',
    /no bag of words to compare with: .*test\.jsonl has no pair to learn from, without 60 pairs/,
  ],
])('baselineData %s %s', async (name, _, expected) => {
  const { baselines, log } = await evaluated({ baselineData: name === 'none' ? name : path(name) })
  expect(baselines?.bag_of_words).toBeUndefined()
  expect(log).toMatch(expected)
})

it('compares with log-likelihoods under the model that training began with, unless told otherwise', async () => {
  const { baselines, log } = await evaluated({ baselineData: 'none' })
  expect(Object.keys(baselines ?? {})).toEqual(['longer_wins', 'log_likelihood', 'log_likelihood_per_token'])
  expect(log).not.toContain('no log-likelihood')
  const [first] = readFileSync(join(path('out'), 'rewards.jsonl'), 'utf8').split('\n')
  const row = JSON.parse(first ?? '') as {
    chosen_tokens: number
    rejected_tokens: number
    baseline_margins: Record<'log_likelihood' | 'log_likelihood_per_token', number>
  }
  // A model that has learned nothing gives each token of the response and its end about the same probability.
  const difference = row.rejected_tokens - row.chosen_tokens
  expect(Math.abs(difference)).toBeGreaterThan(2)
  const perToken = row.baseline_margins.log_likelihood / difference
  expect(perToken / Math.log(simulationVocabulary().length)).toBeCloseTo(1, 0)
  expect(Math.abs(row.baseline_margins.log_likelihood_per_token)).toBeLessThan(0.5)
  const left = await evaluated({ baselineData: 'none', baselineModel: 'none' })
  expect(Object.keys(left.baselines ?? {})).toEqual(['longer_wins'])
})

it('refuses a reward model in its place, and says why the default is left out', async () => {
  const given = { baselineData: 'none', baselineModel: path('run/model') }
  await expect(evaluated(given)).rejects.toThrow(/it is a reward model .*; name the language model/)
  renameSync(path('untrained'), path('moved'))
  const { log, baselines } = await evaluated({ baselineData: 'none' })
  expect(log).toContain(
    `no log-likelihood to compare with: ${path('untrained')}, which training began with, is not there; baselineModel: 'FOLDER' names a language model`,
  )
  expect(baselines?.log_likelihood).toBeUndefined()
  const moved = await evaluated({ baselineData: 'none', baselineModel: path('moved') })
  expect(moved.baselines?.log_likelihood?.pairs).toBe(60)
  renameSync(path('moved'), path('untrained'))
})

it('a file that is not there is a mistake', async () => {
  await expect(evaluated({ baselineData: path('missing.jsonl') })).rejects.toThrow(/missing\.jsonl/)
})

it('says why there is no bag of words, and what to give', async () => {
  const remedy = "; baselineData: 'FILE' names data to learn from"
  const outside = await evaluated({ model: path('run/model'), baselineData: undefined })
  expect(outside.baselines?.bag_of_words).toBeDefined()
  appendFileSync(path('train.jsonl'), `${JSON.stringify(training[0])}\n`)
  expect((await evaluated()).log).toContain(`train.jsonl has changed since it was trained on${remedy}`)
  unlinkSync(path('train.jsonl'))
  const missing = await evaluated()
  expect(missing.log).toContain(`train.jsonl, which it was trained on, is not there${remedy}`)
  expect(missing.baselines?.bag_of_words).toBeUndefined()
  writeFileSync(join(path('run'), 'data.json'), '{}')
  expect((await evaluated()).log).toContain(
    `the model is not in a run folder, so its training data are not known${remedy}`,
  )
})
