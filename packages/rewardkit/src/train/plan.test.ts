import { cutParts } from '../tokens/index.ts'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { watching } from '../fixtures/watching.ts'
import type { StepMetrics } from '../run-metrics.ts'
import { type TrainInput, trainOptionsSchema } from './train-options.ts'
import { planTraining, settingsForAnHour } from './plan.ts'
import { train } from './train.ts'

const folder = mkdtempSync(join(tmpdir(), 'plan-'))
const model = join(folder, 'untrained')
const data = join(folder, 'pairs.jsonl')
const out = join(folder, 'run')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  writeTinyModel(model, { initializerRange: 0.1 })
  writeRows(data, [...tinyPairs(120), { prompt: 'a', chosen: 'b', rejected: 'b' }])
})

const optionsOf = (changed: Partial<TrainInput> = {}) =>
  trainOptionsSchema.parse({ model, data, out, batchSize: 16, threads: 1, dtype: 'float32', ...changed })

describe('planTraining', () => {
  it.each(['bradley-terry', 'adaptive-margin'] as const)('counts what a run with %s reports', async (objective) => {
    const { hooks, logs } = watching()
    const options = optionsOf({ objective, epochs: 2, maxLength: 24, microBatchTokens: 200, evalFraction: 0.2 })
    const plan = await planTraining(options, hooks)
    expect(existsSync(out)).toBe(false)
    await train(options, silentHooks)
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n')
    const steps = lines.map((line) => JSON.parse(line) as StepMetrics).filter((line) => line.kind === 'step')
    const sum = (of: (line: StepMetrics) => number) => steps.reduce((total, line) => total + of(line), 0)
    expect(plan.steps).toBe(steps.length)
    expect(2 * plan.pairs).toBe(sum((line) => line.pairs))
    expect(plan.stepTokens).toBe(sum((line) => line.tokens))
    expect(2 * plan.tokens.shared).toBe(plan.stepTokens)
    expect(plan.tokens.unshared).toBeGreaterThan(plan.tokens.shared)
    expect(plan.microBatches).toBeGreaterThan(plan.steps)
    expect(plan.dropped['identical_responses']).toBe(1)
    expect(logs().join('\n')).toContain(
      `${plan.truncated} groups were cut to 24 tokens (prompt-left): ${cutParts(plan.cut)}`,
    )
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    rmSync(out, { recursive: true })
  })

  it('counts the bytes of parameters and checkpoints', async () => {
    const plan = await planTraining(optionsOf({ maxSteps: 2 }), silentHooks)
    await train(optionsOf({ maxSteps: 2, saveEvery: 1 }), silentHooks)
    const weights = readFileSync(join(out, 'model', 'model.safetensors')).length
    const moments = readFileSync(join(out, 'checkpoints', 'step-2', 'optimizer.safetensors')).length
    // The files have a header of names beside the numbers.
    expect(weights - plan.memory.parameters).toBeGreaterThan(0)
    expect(weights - plan.memory.parameters).toBeLessThan(4096)
    expect(plan.disk.model).toBe(plan.memory.parameters)
    expect(weights + moments - plan.disk.checkpoints / 2).toBeLessThan(3 * 4096)
    rmSync(out, { recursive: true })
  })

  it('leaves the content of --out unchanged, and refuses the input that training refuses', async () => {
    writeFileSync(out, 'mine')
    expect(await planTraining(optionsOf({ maxSteps: 1 }), silentHooks)).toMatchObject({ steps: 1, forAnHour: null })
    expect(readFileSync(out, 'utf8')).toBe('mine')
    rmSync(out)
    for (const wrong of [
      { model: join(folder, 'none') },
      { data: join(folder, 'none.jsonl') },
      { objective: 'soft-label' },
    ] as const) {
      const failure = await train(optionsOf(wrong), silentHooks).catch((error: unknown) => error)
      await expect(planTraining(optionsOf(wrong), silentHooks)).rejects.toEqual(failure)
    }
  })

  it('stops on request', async () => {
    await expect(planTraining(optionsOf(), { onEvent: () => {}, shouldStop: () => true })).rejects.toMatchObject({
      name: 'Interrupted',
    })
  })
})

describe('settingsForAnHour', () => {
  const counts = { rows: 1000, steps: 50 }

  it('shortens a run in proportion, by what limits it already', () => {
    const seconds = { run: 7200, head: 9999 }
    expect(settingsForAnHour({ run: 3600, head: 1 }, { train: 'all' }, counts)).toBeNull()
    expect(settingsForAnHour(seconds, { train: 'all' }, counts)).toEqual([{ option: 'limit', value: 500 }])
    expect(settingsForAnHour(seconds, { train: 'all', maxSteps: 50 }, counts)).toEqual([
      { option: 'maxSteps', value: 25 },
    ])
    expect(settingsForAnHour({ run: 1e9, head: 9999 }, { train: 'all' }, counts)).toEqual([])
  })

  it('names the head where that alone fits and is not trained alone already', () => {
    const seconds = { run: 7200, head: 600 }
    expect(settingsForAnHour(seconds, { train: 'last:2' }, counts)).toContainEqual({ option: 'train', value: 'head' })
    expect(settingsForAnHour(seconds, { train: 'head' }, counts)).toHaveLength(1)
  })
})
