import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSafetensors } from '@rewardkit/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { evaluateOptionsSchema } from '../evaluate/evaluate-options.ts'
import { evaluateModel } from '../evaluate/evaluate.ts'
import { type Hooks, silentHooks } from '../events.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { watching } from '../fixtures/watching.ts'
import type { StepMetrics } from '../run-metrics.ts'
import { type TrainInput, trainOptionsSchema } from './train-options.ts'
import { train } from './train.ts'

const folder = mkdtempSync(join(tmpdir(), 'train-'))
const model = join(folder, 'untrained')
const data = join(folder, 'pairs.jsonl')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  writeTinyModel(model, { initializerRange: 0.1 })
  writeRows(data, tinyPairs(120))
})

let count = 0
const newRun = () => join(folder, `run-${count++}`)
const run = (out: string, changed: Partial<TrainInput> = {}, hooks: Hooks = silentHooks) =>
  train(
    trainOptionsSchema.parse({
      model,
      data,
      out,
      objective: 'adaptive-margin',
      batchSize: 16,
      learningRate: 1e-2,
      evalFraction: 0.2,
      threads: 1,
      dtype: 'float32',
      ...changed,
    }),
    hooks,
  )
/** Asks to stop once a number of steps have ended. */
const stopAfter = (finished: number): Hooks => {
  let steps = 0
  return { onEvent: (event) => (steps += event.kind === 'step' ? 1 : 0), shouldStop: () => steps === finished }
}
const weightsOf = (out: string) => readFileSync(join(out, 'model', 'model.safetensors'))
const metricsOf = (out: string) =>
  readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StepMetrics)
/** Metrics less what a clock or the system measured. */
const comparable = (out: string) =>
  metricsOf(out).map(({ seconds: _s, tokens_per_second: _t, pairs_per_second: _p, peak_memory: _m, ...rest }) => rest)

describe('train', () => {
  it('writes a run folder that explains itself', async () => {
    const out = newRun()
    const { events, hooks } = watching()
    const result = await run(out, { evalEvery: 2 }, hooks)
    expect(readdirSync(out).toSorted()).toEqual([
      'checkpoints',
      'config.yaml',
      'data.json',
      'environment.json',
      'evaluation',
      'metrics.jsonl',
      'model',
    ])
    expect(parse(readFileSync(join(out, 'config.yaml'), 'utf8'))).toMatchObject({
      schema_version: 1,
      objective: 'adaptive-margin',
      batch_size: 16,
      learning_rate: 1e-2,
      dtype: 'float32',
      warmup_steps: 0,
    })
    expect(JSON.parse(readFileSync(join(out, 'data.json'), 'utf8'))).toMatchObject({
      training: { name: data, formats: ['pairs'], read: 120, sources: [{ name: data, files: [{ name: data }] }] },
      evaluation: null,
    })
    const metrics = metricsOf(out)
    const steps = metrics.filter((line) => line.kind === 'step')
    expect(steps).toHaveLength(result.steps)
    expect(steps.map((line) => line.step)).toEqual(steps.map((_, i) => i + 1))
    expect(steps.reduce((sum, line) => sum + line.pairs, 0) + (result.evaluation?.summary.pairs ?? 0)).toBe(120)
    expect(metrics.filter((line) => line.kind !== 'step').map((line) => line.step)).toEqual([2, 4, 6])
    const logged = events.flatMap((event) => (event.kind === 'log' ? [event.message] : [])).join('\n')
    expect(logged).toMatch(/first pair.*as the model reads it/)
    expect(logged).toContain('<|end|>')
    expect(readdirSync(join(out, 'evaluation')).toSorted()).toEqual([
      'rewards.jsonl',
      'summary.json',
      'suspicious.jsonl',
      'telling_pairs.jsonl',
    ])
  })

  it('leaves to a repeated run what was left to the first one', async () => {
    const out = newRun()
    await run(out, { maxSteps: 1 })
    const config = parse(readFileSync(join(out, 'config.yaml'), 'utf8')) as Record<string, unknown>
    expect(config['eval_every'] ?? null).toBeNull()
    expect(config['save_every'] ?? null).toBeNull()
    await run(out, { maxSteps: 1, saveEvery: 7, evalEvery: 3, overwrite: true })
    expect(parse(readFileSync(join(out, 'config.yaml'), 'utf8'))).toMatchObject({ save_every: 7, eval_every: 3 })
  })

  it('shares no prompt between training and evaluation', async () => {
    const out = newRun()
    const result = await run(out)
    const held = new Set(result.evaluation?.table.promptIds)
    expect(result.evaluation?.table.pairs).toBeGreaterThanOrEqual(24)
    expect(held.size).toBe(result.evaluation?.summary.prompts)
  })

  it('the same seed gives the same bits, another seed others', async () => {
    const [first, second, other] = [newRun(), newRun(), newRun()]
    await run(first)
    await run(second)
    await run(other, { seed: 1 })
    expect(weightsOf(second).equals(weightsOf(first))).toBe(true)
    expect(comparable(second)).toEqual(comparable(first))
    expect(weightsOf(other).equals(weightsOf(first))).toBe(false)
  })

  it.each([
    ['in a step', 3],
    ['in an evaluation between steps', 4],
    ['in the last evaluation', 6],
  ])('goes on after an interrupt %s to the bits of the uninterrupted run', async (_where, finished) => {
    const [whole, broken] = [newRun(), newRun()]
    const options: Partial<TrainInput> = {
      meanOver: 'running',
      schedule: 'cosine',
      warmupRatio: 0.3,
      microBatchTokens: 200,
      evalEvery: 4,
    }
    await run(whole, options)
    await expect(run(broken, options, stopAfter(finished))).rejects.toMatchObject({
      name: 'Interrupted',
      message: `stopped after step ${finished} of 6; to go on, run it again with resume: true`,
    })
    expect(readdirSync(join(broken, 'checkpoints'))).toEqual([`step-${finished}`])
    // As a kill leaves it between the two renames of a checkpoint that is saved again.
    renameSync(
      join(broken, 'checkpoints', `step-${finished}`),
      join(broken, 'checkpoints', `step-${finished}.replaced`),
    )
    await run(broken, { ...options, resume: true })
    expect(weightsOf(broken).equals(weightsOf(whole))).toBe(true)
    expect(comparable(broken)).toEqual(comparable(whole))
  })

  it('begins anew in the folder of a run that was stopped before its first checkpoint', async () => {
    const out = newRun()
    await expect(run(out, {}, stopAfter(0))).rejects.toMatchObject({ name: 'Interrupted' })
    await run(out)
    expect(existsSync(join(out, 'model'))).toBe(true)
    rmSync(join(out, 'checkpoints'), { recursive: true })
    await expect(run(out, { resume: true })).rejects.toThrow(/no checkpoint .* give overwrite: true instead/)
    const killed = newRun()
    mkdirSync(killed)
    writeFileSync(join(killed, 'config.yaml'), 'schema_version: 1\n')
    writeFileSync(join(killed, 'metrics.jsonl'), '{"kind": "step", "step": 1}\n')
    await run(killed, { resume: true })
    expect(weightsOf(killed)).toEqual(weightsOf(out))
  })

  it('saves what the last good step left when a step fails', async () => {
    const out = newRun()
    const failure = run(out, { learningRate: 1e38, maxGradNorm: 0, schedule: 'constant' })
    await expect(failure).rejects.toThrow(/(loss|gradient norm) is (NaN|Infinity).*simulated-/)
    const { step } = metricsOf(out).at(-1) as { step: number }
    expect(readdirSync(join(out, 'checkpoints'))).toEqual([`step-${step}`])
    expect(existsSync(join(out, 'model'))).toBe(false)
  })

  it('overwrites runs alone', async () => {
    const out = newRun()
    mkdirSync(join(out, 'model'), { recursive: true })
    await expect(run(out, { overwrite: true })).rejects.toThrow(/has model but no metrics.jsonl, so it is not a run/)
    await run(`${out}-run`)
    symlinkSync(join(`${out}-run`, 'model'), `${out}-link`)
    await expect(run(`${out}-run`, { overwrite: true, model: `${out}-link` })).rejects.toThrow(/would be removed/)
    expect(existsSync(join(`${out}-run`, 'model', 'config.json'))).toBe(true)
  })

  it('keeps the last two checkpoints, of float32 masters and moments', async () => {
    const out = newRun()
    await run(out, { saveEvery: 1 })
    expect(readdirSync(join(out, 'checkpoints')).toSorted()).toEqual(['step-5', 'step-6'])
    const file = openSafetensors(join(out, 'checkpoints', 'step-6', 'optimizer.safetensors'))
    expect(file.get('score.weight.step').item()).toBe(6)
  })

  it('refuses to resume a different run, and says what differs', async () => {
    const out = newRun()
    await run(out, { saveEvery: 2 })
    await expect(run(out, { resume: true, learningRate: 1e-3 })).rejects.toThrow(/learning_rate was 0.01, is 0.001/)
  })

  it('compares options before it reads data, and what depends on data later', async () => {
    const out = newRun()
    const whole = newRun()
    const warming: Partial<TrainInput> = { warmupRatio: 0.5, schedule: 'linear' }
    await run(whole, warming)
    await expect(run(out, warming, stopAfter(2))).rejects.toMatchObject({ name: 'Interrupted' })
    const missing = { ...warming, resume: true, data: join(folder, 'missing.jsonl') }
    await expect(run(out, { ...missing, seed: 1 })).rejects.toThrow(/another run \(seed was 0, is 1\)/)
    await expect(run(out, missing)).rejects.toThrow(/no such file/)
    await expect(run(out, { ...warming, warmupRatio: 1, resume: true })).rejects.toThrow(/warmup_steps was 3, is 6/)
    await run(out, { ...warming, resume: true })
    expect(weightsOf(out).equals(weightsOf(whole))).toBe(true)
  })

  it('resumes under different conditions only when different bits are allowed, and says which', async () => {
    const out = newRun()
    await expect(run(out, {}, stopAfter(2))).rejects.toMatchObject({ name: 'Interrupted' })
    await expect(run(out, { resume: true, threads: 2 })).rejects.toThrow(
      /different conditions \(threads was 1, is 2\).*allowDifferentBits: true/,
    )
    const allowed: Partial<TrainInput> = { resume: true, threads: 2, allowDifferentBits: true }
    await expect(run(out, { ...allowed, seed: 1 })).rejects.toThrow(/another run .*seed was 0, is 1/)
    const { hooks, warnings } = watching()
    await run(out, allowed, hooks)
    expect(warnings()).toEqual([expect.stringContaining('threads was 1, is 2')])
    expect(readFileSync(join(out, 'config.yaml'), 'utf8')).not.toContain('different')
  })

  it('says that a run was begun under another rule of truncation, where that changes its ids', async () => {
    const begun = async (maxLength: number) => {
      const out = newRun()
      const options = { maxLength, saveEvery: 1 }
      await expect(run(out, options, stopAfter(2))).rejects.toMatchObject({ name: 'Interrupted' })
      const path = join(out, 'checkpoints', 'step-2', 'state.json')
      const state = JSON.parse(readFileSync(path, 'utf8')) as { fingerprint: Record<string, string> }
      const { truncation_rule, ...older } = state.fingerprint
      writeFileSync(path, JSON.stringify({ ...state, fingerprint: older }))
      return { truncation_rule, resume: () => run(out, { ...options, resume: true }) }
    }
    const short = await begun(20)
    expect(short.truncation_rule).toBe('2')
    await expect(short.resume()).rejects.toThrow(/truncation_rule was 1, is 2.*allowDifferentBits: true/)
    const long = await begun(2048)
    expect(long.truncation_rule).toBeUndefined()
    await long.resume()
  })

  it('speaks of rules of truncation only to those who train on from a model that was trained by another', async () => {
    const out = newRun()
    const first = watching()
    await run(out, { maxLength: 20, maxSteps: 1 }, first.hooks)
    const messages = JSON.stringify(first.logs())
    expect(messages).toContain('cut to 20 tokens')
    expect(messages).not.toContain('rule')
    expect(first.warnings()).toEqual([])
    const path = join(out, 'model', 'rewardkit.json')
    const saved = JSON.parse(readFileSync(path, 'utf8')) as { reading: object }
    writeFileSync(path, JSON.stringify({ ...saved, reading: { ...saved.reading, truncation_rule: 1 } }))
    const second = watching()
    await run(newRun(), { model: join(out, 'model'), maxLength: 20, maxSteps: 1 }, second.hooks)
    const otherwise = 'cut differently than when the model was trained: by truncation rule 2'
    expect(second.warnings()).toEqual([expect.stringContaining(otherwise), expect.stringContaining(otherwise)])
    expect(second.warnings()[1]).toContain('held out')
  })

  it('refuses a folder that is not empty, and replaces a run if asked to', async () => {
    const out = newRun()
    mkdirSync(out)
    writeFileSync(join(out, 'notes.txt'), 'mine')
    await expect(run(out)).rejects.toThrow(/not empty.*overwrite: true/)
    await run(out, { overwrite: true, maxSteps: 1 })
    expect(readFileSync(join(out, 'notes.txt'), 'utf8')).toBe('mine')
    expect(metricsOf(out).filter((line) => line.kind === 'step')).toHaveLength(1)
  })

  it('removes and leaves nothing where the input is wrong', async () => {
    const out = newRun()
    await run(out, { maxSteps: 1 })
    const before = weightsOf(out)
    await expect(run(out, { data: join(folder, 'missing.jsonl'), overwrite: true })).rejects.toThrow(/no such file/)
    await expect(run(out, { model: out, overwrite: true })).rejects.toThrow(/is inside out/)
    expect(weightsOf(out).equals(before)).toBe(true)
    const fresh = newRun()
    await expect(run(fresh, { data: join(folder, 'missing.jsonl') })).rejects.toThrow(/no such file/)
    expect(existsSync(fresh)).toBe(false)
  })

  it('counts missing margins and names the option that decides', async () => {
    const some = join(folder, 'some-margins.jsonl')
    const lines = readFileSync(data, 'utf8').trim().split('\n')
    writeFileSync(some, lines.map((line, i) => (i < 7 ? line.replace(/"margin":\d,/, '') : line)).join('\n'))
    await expect(run(newRun(), { data: some, objective: 'annotated-margin', evalFraction: 0 })).rejects.toThrow(
      /7 of 120 .*missingMargin: 'drop'/,
    )
    await run(newRun(), { data: some, objective: 'annotated-margin', missingMargin: 'drop', maxSteps: 1 })
  })

  it('says that dropout stays off where the model asks for it', async () => {
    const withDropout = join(folder, 'with-dropout')
    cpSync(model, withDropout, { recursive: true })
    const config = readFileSync(join(model, 'config.json'), 'utf8')
    writeFileSync(join(withDropout, 'config.json'), config.replace('{', '{"attention_dropout": 0.1,'))
    const { hooks, warnings } = watching()
    await run(newRun(), { model: withDropout, maxSteps: 1 }, hooks)
    expect(warnings()).toEqual([expect.stringContaining('attention_dropout')])
  })

  it('says which held-out rows have a prompt that is trained on', async () => {
    const held = join(folder, 'held.jsonl')
    const lines = readFileSync(data, 'utf8').split('\n').slice(0, 3)
    const other = JSON.stringify({ prompt: 'Something else?', chosen: 'yes', rejected: 'no' })
    writeFileSync(held, [...lines, other].join('\n'))
    const { hooks, warnings } = watching()
    const changed = { evalData: held, evalFraction: undefined, maxSteps: 1 }
    await run(newRun(), changed, hooks)
    expect(warnings()).toEqual([expect.stringMatching(/^3 of 4 rows of .*held\.jsonl \(75\.0 %\) have a prompt/)])
  })

  it('soft labels need a probability for every pair', async () => {
    await expect(run(newRun(), { objective: 'soft-label' })).rejects.toThrow(/no "probability".*soft-label/)
  })

  it('learns the pairs that it trains on', async () => {
    const out = newRun()
    await run(out, { objective: 'bradley-terry', epochs: 25, evalFraction: 0 })
    const losses = metricsOf(out).map((line) => line.bradley_terry_loss)
    const last = losses.slice(-8)
    // Equal rewards have the loss log 2 = 0.693.
    expect(last.reduce((sum, loss) => sum + loss, 0) / last.length).toBeLessThan(0.5)
  })
})

describe('evaluateModel', () => {
  it('gives a saved model the rewards that it had in training', async () => {
    const out = newRun()
    const trained = await run(out, { evalFraction: undefined, evalData: data })
    const again = await evaluateModel(
      evaluateOptionsSchema.parse({ model: out, data, out: join(out, 'again'), threads: 1, dtype: 'float32' }),
      silentHooks,
    )
    // Baselines may differ: they learn from the data that the run names.
    const { baselineMargins: _, ...table } = again.table
    const { baselineMargins: __, ...before } = trained.evaluation?.table ?? again.table
    expect(table).toEqual(before)
    expect(again.summary.accuracy).toEqual(trained.evaluation?.summary.accuracy)
  })

  it.runIf(process.platform === 'linux')(
    'finds out that --out takes no files before it computes anything',
    async () => {
      const options = evaluateOptionsSchema.parse({ model: folder, data: 'none.jsonl', out: '/proc/self' })
      await expect(evaluateModel(options, silentHooks)).rejects.toThrow(/\/proc\/self.* cannot be written/)
    },
  )

  it('refuses a causal language model', async () => {
    const options = evaluateOptionsSchema.parse({ model, data, out: newRun() })
    await expect(evaluateModel(options, silentHooks)).rejects.toThrow(
      /score.weight is missing: it is not a reward model/,
    )
  })
})
