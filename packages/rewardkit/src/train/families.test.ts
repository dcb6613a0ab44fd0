import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { evaluateOptionsSchema } from '../evaluate/evaluate-options.ts'
import { evaluateModel } from '../evaluate/evaluate.ts'
import { silentHooks } from '../events.ts'
import { writeRows } from '../fixtures/tiny-model.ts'
import { watching } from '../fixtures/watching.ts'
import { fixtureFolder, type FixtureName } from '../models/fixtures/read.ts'
import { loadRewardNetwork } from '../models/index.ts'
import { wordTokenizerFiles } from '../tokens/word-tokenizer.ts'
import { type TrainInput, trainOptionsSchema } from './train-options.ts'
import { train } from './train.ts'

const folder = mkdtempSync(join(tmpdir(), 'families-'))
afterAll(() => rmSync(folder, { recursive: true }))

const words = Array.from({ length: 40 }, (_, i) => `w${String.fromCodePoint(97 + (i % 26))}${Math.floor(i / 26)}`)
const said = (from: number, length: number) =>
  Array.from({ length }, (_, i) => words[(from + 7 * i) % words.length]).join(' ')
const data = join(folder, 'pairs.jsonl')
const pairs = Array.from({ length: 12 }, (_, i) => ({
  prompt: said(i, 4 + (i % 5) * 12),
  chosen: ` ${said(i + 1, 3 + (i % 4))}`,
  rejected: ` ${said(i + 2, 5)}`,
}))
writeRows(data, pairs)

/** A fixture's model with a tokenizer of words. */
function modelOf(name: FixtureName): string {
  const model = join(folder, name)
  mkdirSync(model)
  for (const file of ['config.json', 'model.safetensors']) cpSync(join(fixtureFolder(name), file), join(model, file))
  for (const [file, text] of Object.entries(wordTokenizerFiles(words))) writeFileSync(join(model, file), text)
  return model
}

/** Trains two steps, and evaluates the saved model on the same pairs. */
async function trained(name: FixtureName, options: Partial<TrainInput> = {}) {
  const { events, hooks } = watching()
  const out = join(folder, `${name}-run`)
  const compute = { threads: 1, dtype: 'float32' as const }
  const model = modelOf(name)
  const all = { model, data, evalData: data, out, batchSize: 6, learningRate: 1e-2, ...compute, ...options }
  const { evaluation } = await train(trainOptionsSchema.parse(all), hooks)
  const again = await evaluateModel(
    evaluateOptionsSchema.parse({ model: out, data, out: join(folder, `${name}-evaluation`), ...compute }),
    hooks,
  )
  const messages = events.flatMap((event) => ('message' in event ? [event.message] : []))
  return { out, evaluation, again, messages }
}

it.each<[FixtureName, Partial<TrainInput>]>([
  ['gemma', { train: 'last:1' }],
  ['gemma2', {}],
  ['olmo2', { train: 'head' }],
])('%s is trained, saved, and gives the same rewards when it is opened again', async (name, options) => {
  const { evaluation, again, out } = await trained(name, { ...options, maxLength: 64 })
  expect(again.summary.pairs).toBe(12)
  expect(again.summary.subsets).toEqual(evaluation?.summary.subsets)
  const before = loadRewardNetwork(fixtureFolder(name), { seed: null })
  const after = loadRewardNetwork(join(out, 'model'), { seed: null })
  expect(after.weights.head.float32()).not.toEqual(before.weights.head.float32())
})

it('gpt2 reads no more tokens than it has positions, in training and after it', async () => {
  const { evaluation, again, out, messages } = await trained('gpt2')
  expect(again.summary.subsets).toEqual(evaluation?.summary.subsets)
  expect(parse(readFileSync(join(out, 'config.yaml'), 'utf8'))).toMatchObject({ max_length: 48 })
  const line = 'the model has learned 48 positions: it reads at most 48 tokens'
  expect(messages.filter((message) => message === line)).toHaveLength(1)
  expect(messages.filter((message) => message.includes('cut to 48 tokens'))).not.toEqual([])
  expect(messages).toContain(
    'config.json asks for attn_pdrop, embd_pdrop and resid_pdrop; training runs without dropout',
  )
})

it('gpt2 refuses a larger maximum length before it reads data', async () => {
  const options = { model: fixtureFolder('gpt2'), data: 'nowhere.jsonl', out: join(folder, 'none'), maxLength: 49 }
  await expect(train(trainOptionsSchema.parse(options), silentHooks)).rejects.toThrow(
    'maxLength: 49: the model has learned 48 positions; give maxLength: 48 or less',
  )
})
