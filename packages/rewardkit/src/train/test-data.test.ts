import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { evaluateOptionsSchema } from '../evaluate/evaluate-options.ts'
import { evaluateModel } from '../evaluate/evaluate.ts'
import { silentHooks } from '../events.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { watching } from '../fixtures/watching.ts'
import { type TrainInput, trainOptionsSchema } from './train-options.ts'
import { train } from './train.ts'

const folder = mkdtempSync(join(tmpdir(), 'train-test-data-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = join(folder, 'untrained')
const path = (name: string) => join(folder, name)
beforeAll(() => {
  writeTinyModel(model, { initializerRange: 0.1 })
  const pairs = tinyPairs(120)
  writeRows(path('train.jsonl'), pairs.slice(0, 60))
  writeRows(path('validation.jsonl'), pairs.slice(60, 80))
  writeRows(path('test.jsonl'), pairs.slice(80))
})

const run = (out: string, changed: Partial<TrainInput>, hooks = silentHooks) =>
  train(
    trainOptionsSchema.parse({
      model,
      data: path('train.jsonl'),
      out: path(out),
      batchSize: 20,
      learningRate: 1e-2,
      threads: 1,
      dtype: 'float32',
      ...changed,
    }),
    hooks,
  )

const rewardsIn = (...names: string[]) => readFileSync(join(folder, ...names, 'rewards.jsonl'), 'utf8')

it.each(['all', 'head'])('evaluates the test pairs once, after training %s', async (part) => {
  const out = `both-${part}`
  const given = { train: part, evalData: path('validation.jsonl'), testData: path('test.jsonl'), evalEvery: 1 }
  const { evaluation, test } = await run(out, given)
  expect([evaluation?.summary.pairs, test?.summary.pairs]).toEqual([20, 40])
  const evaluated = path(`${out}-evaluated`)
  const options = evaluateOptionsSchema.parse({
    model: path(out),
    data: path('test.jsonl'),
    out: evaluated,
    threads: 1,
  })
  const { table } = await evaluateModel({ ...options, dtype: 'float32' }, silentHooks)
  const { margins } = table
  expect(test?.table.ids).toEqual(table.ids)
  for (const [i, margin] of (test?.table.margins ?? []).entries()) expect(margin).toBeCloseTo(margins[i] ?? NaN, 5)
  expect(JSON.parse(readFileSync(join(path(out), 'data.json'), 'utf8'))).toMatchObject({ test: { read: 40 } })
  expect(rewardsIn(out, 'test-evaluation')).not.toBe(rewardsIn(out, 'evaluation'))
})

it('changes nothing else of the run, and may stand alone', async () => {
  await run('without', {})
  await run('alone', { testData: path('test.jsonl') })
  expect(existsSync(join(path('alone'), 'evaluation'))).toBe(false)
  expect(readFileSync(join(path('alone'), 'model', 'model.safetensors'))).toEqual(
    readFileSync(join(path('without'), 'model', 'model.safetensors')),
  )
})

it('warns of test prompts that are trained on', async () => {
  const { hooks, warnings } = watching()
  await run('leaking', { testData: path('train.jsonl'), maxSteps: 1 }, hooks)
  expect(warnings().join('\n')).toMatch(/60 of 60 rows of \S+train.jsonl \(100.0 %\) have a prompt that is also in/)
})
