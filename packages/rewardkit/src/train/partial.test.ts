import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noGradient, openSafetensors, ops, scope, writeSafetensors } from '@rewardkit/torch'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { evaluateOptionsSchema } from '../evaluate/evaluate-options.ts'
import { checkModelFolder } from '../rewards/reward-check.ts'
import { evaluateModel } from '../evaluate/evaluate.ts'
import { type Event, type Hooks, silentHooks } from '../events.ts'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { type TrainInput, trainOptionsSchema } from './train-options.ts'
import { train } from './train.ts'

const folder = mkdtempSync(join(tmpdir(), 'partial-'))
const model = join(folder, 'untrained')
const data = join(folder, 'pairs.jsonl')
const before = process.env['REWARDKIT_HOME']
const homes: string[] = []
const newHome = () => {
  if (before === undefined) delete process.env['REWARDKIT_HOME']
  else process.env['REWARDKIT_HOME'] = before
  homes.push((process.env['REWARDKIT_HOME'] = temporaryHome()))
}
beforeEach(newHome)
afterAll(() => {
  if (before === undefined) delete process.env['REWARDKIT_HOME']
  else process.env['REWARDKIT_HOME'] = before
  for (const path of [folder, ...homes]) rmSync(path, { recursive: true })
})

beforeAll(() => {
  writeTinyModel(model, { layers: 3, initializerRange: 0.1 })
  writeRows(data, tinyPairs(90))
})

let count = 0
const newRun = () => join(folder, `run-${count++}`)

const given: Partial<TrainInput> = {
  objective: 'adaptive-margin',
  batchSize: 16,
  epochs: 2,
  learningRate: 1e-2,
  evalFraction: 0.2,
  evalEvery: 4,
  microBatchTokens: 200,
  threads: 1,
  dtype: 'float32',
}

/** Trains, and gives the number of groups whose hidden states were found and computed, and all warnings. */
async function run(out: string, changed: Partial<TrainInput> = {}, shouldStop: Hooks['shouldStop'] = () => false) {
  const events: Event[] = []
  const onEvent = (event: Event) => {
    events.push(event)
  }
  await train(
    trainOptionsSchema.parse({
      model,
      data,
      out,
      ...given,
      train: 'head',
      ...changed,
    }),
    { onEvent, shouldStop },
  )
  const texts = (kind: 'log' | 'warning') => events.flatMap((event) => (event.kind === kind ? [event.message] : []))
  const [, found, computed] = /(\d+) groups found in the cache, (\d+) computed/.exec(texts('log').join('\n')) ?? []
  return { found: Number(found), computed: Number(computed), warnings: texts('warning') }
}

/** All that a run leaves, less what a clock or the system measured: a run that goes on looks hidden states up again. */
function results(out: string) {
  const timings = new Set(['seconds', 'tokens_per_second', 'pairs_per_second', 'peak_memory'])
  const bytes = (...path: string[]) => readFileSync(join(out, ...path)).toString('base64')
  return {
    metrics: readFileSync(join(out, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .filter((line) => !line.includes('"hidden_states"'))
      .map((line) => JSON.parse(line, (key, value: unknown) => (timings.has(key) ? undefined : value)) as unknown),
    weights: bytes('model', 'model.safetensors'),
    rewards: bytes('evaluation', 'rewards.jsonl'),
  }
}

/** Stops once a number of steps have ended or, before the first one, once a number of groups have been computed. */
function stopper(at: { readonly steps?: number; readonly groups?: number }) {
  let [steps, groups] = [0, 0]
  return {
    onEvent: (event: Event) => {
      if (event.kind === 'step') steps += 1
      if (event.kind === 'progress' && event.label === 'hidden states') groups += 1
    },
    shouldStop: () => steps === at.steps || groups === at.groups,
  }
}
const interrupted = (out: string, changed: Partial<TrainInput>, at: Parameters<typeof stopper>[0]) => {
  const stop = stopper(at)
  const options = trainOptionsSchema.parse({ model, data, out, ...changed })
  return expect(train(options, stop)).rejects.toMatchObject({ name: 'Interrupted' })
}

describe.each(['head', 'last:1', 'last:2'])('train %s', (part) => {
  it('a run that finds all hidden states ends with the bits of the run that computed them', async () => {
    const [cold, warm, elsewhere] = [newRun(), newRun(), newRun()]
    expect(await run(cold, { train: part })).toMatchObject({ found: 0, computed: 90 })
    expect(await run(warm, { train: part })).toMatchObject({ found: 90, computed: 0 })
    expect(results(warm)).toEqual(results(cold))
    newHome()
    // What is on the disk already, from other data in another order, changes nothing either.
    await run(newRun(), { train: part, limit: 30, seed: 5 })
    expect(await run(elsewhere, { train: part })).toMatchObject({ found: 30, computed: 60 })
    expect(results(elsewhere)).toEqual(results(cold))
  })

  it('other seeds, objectives, epochs, splits and micro-batches find everything', async () => {
    // Of the pairs to train on the 16 of one step; and 20 pairs of whole prompts to evaluate on.
    expect(await run(newRun(), { train: part, maxSteps: 1 })).toMatchObject({ computed: 36 })
    expect(await run(newRun(), { train: part, epochs: 1 })).toMatchObject({ found: 36, computed: 54 })
    const others: Partial<TrainInput>[] = [
      { seed: 1 },
      { objective: 'bradley-terry', epochs: 3 },
      { evalFraction: 0.5 },
      { evalFraction: undefined, evalData: data },
      { microBatchTokens: 1000, head: 'mlp' },
    ]
    for (const other of others) expect(await run(newRun(), { train: part, ...other })).toMatchObject({ computed: 0 })
  })

  it('saves the frozen weights as they were, bit for bit, and changes the others', async () => {
    const out = newRun()
    await run(out, { train: part })
    const [source, saved] = [model, join(out, 'model')].map((path) => openSafetensors(join(path, 'model.safetensors')))
    const last = part === 'head' ? 0 : Number(part.slice(5))
    for (const name of source?.entries.keys() ?? []) {
      const layer = Number(/layers\.(\d)/.exec(name)?.[1] ?? (name.startsWith('model.norm') && last > 0 ? 3 : -1))
      const bytes = [source, saved].map((file) => Buffer.from(file?.get(name).bytes() ?? []))
      expect(bytes[0]?.equals(bytes[1] ?? Buffer.alloc(0)), name).toBe(layer < 3 - last)
    }
  })

  it.each<[string, Parameters<typeof stopper>[0]]>([
    ['while hidden states are computed', { groups: 20 }],
    ['in a step', { steps: 3 }],
    ['in an evaluation', { steps: 4 }],
  ])('goes on after an interrupt %s to the bits of the uninterrupted run', async (_, at) => {
    const [whole, broken] = [newRun(), newRun()]
    await run(whole, { train: part })
    newHome()
    await interrupted(broken, { ...given, train: part }, at)
    const hasCheckpoint = readdirSync(join(broken, 'checkpoints')).length > 0
    const { found } = await run(broken, { train: part, resume: hasCheckpoint })
    expect(found).toBe(at.groups ?? 90)
    expect(results(broken)).toEqual(results(whole))
  })
})

describe('train', () => {
  it('keeps trained parameters alone in checkpoints', async () => {
    const out = newRun()
    await run(out)
    const [step = ''] = readdirSync(join(out, 'checkpoints'))
    const file = openSafetensors(join(out, 'checkpoints', step, 'model.safetensors'))
    expect([...file.entries.keys()]).toEqual(['score.weight'])
  })

  it('reads bfloat16 states as they were computed', async () => {
    const [cold, warm] = [newRun(), newRun()]
    expect(await run(cold, { train: 'last:1', dtype: 'bfloat16' })).toMatchObject({ computed: 90 })
    expect(await run(warm, { train: 'last:1', dtype: 'bfloat16' })).toMatchObject({ computed: 0 })
    expect(results(warm)).toEqual(results(cold))
  })

  it('notices on resume that frozen weights have changed, or another part is asked for', async () => {
    const changing = join(folder, 'changing')
    cpSync(model, changing, { recursive: true })
    const out = newRun()
    await interrupted(out, { ...given, train: 'last:1', model: changing }, { steps: 2 })
    const resumed = { model: changing, train: 'last:1', resume: true }
    await expect(run(out, { ...resumed, train: 'head' })).rejects.toThrow(/train was "last:1", is "head"/)
    await expect(run(out, { ...resumed, head: 'mlp' })).rejects.toThrow(/head was "linear", is "mlp"/)
    scope(() => {
      const file = openSafetensors(join(model, 'model.safetensors'))
      const tensors = Object.fromEntries([...file.entries.keys()].map((name) => [name, file.get(name)]))
      const name = 'model.layers.0.mlp.up_proj.weight'
      writeSafetensors(join(changing, 'model.safetensors'), {
        ...tensors,
        [name]: noGradient(() => ops.mul_scalar(file.get(name), 1.01)),
      })
    })
    await expect(run(out, resumed)).rejects.toThrow(/frozen_weights was .* is /)
  })

  it('trains all layers above a frozen embedding without hidden states on the disk', async () => {
    const out = newRun()
    expect(await run(out, { train: 'last:3' })).toMatchObject({ found: NaN })
    expect(existsSync(join(process.env['REWARDKIT_HOME'] ?? '', 'hidden-states'))).toBe(false)
    await expect(run(newRun(), { train: 'last:4' })).rejects.toThrow(/train last:4: the model has 3 layers/)
  })

  it('evaluates large groups in parts, as without hidden states', async () => {
    const [whole, parts] = [newRun(), newRun()]
    await run(whole, { train: 'last:1', evalFraction: 0.5, maxSteps: 1 })
    // A pair has more than eight tokens: its responses are read one by one, and kept so.
    const { found, computed } = await run(parts, {
      train: 'last:1',
      evalFraction: 0.5,
      maxSteps: 1,
      microBatchTokens: 1,
    })
    expect(found).toBe(16)
    expect(computed).toBeGreaterThan(80)
    const margins = [whole, parts].map((out) =>
      readFileSync(join(out, 'evaluation', 'rewards.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { reward_margin: number }).reward_margin),
    )
    for (const [i, margin] of (margins[0] ?? []).entries()) expect(margins[1]?.[i]).toBeCloseTo(margin, 4)
  })

  it('evaluates a saved model, loaded whole, to the rewards that it had', async () => {
    const out = newRun()
    await run(out, { train: 'last:1', evalFraction: undefined, evalData: data })
    const again = await evaluateModel(
      evaluateOptionsSchema.parse({ model: out, data, out: join(out, 'again'), threads: 1, dtype: 'float32' }),
      silentHooks,
    )
    const saved = readFileSync(join(out, 'evaluation', 'rewards.jsonl'), 'utf8')
      .trim()
      .split('\n')
    for (const [i, margin] of again.table.margins.entries())
      expect(margin).toBeCloseTo((JSON.parse(saved[i] ?? '') as { reward_margin: number }).reward_margin, 4)
  })
})

describe('an mlp head', () => {
  it('is trained, saved, evaluated and checked; a warning says that transformers does not open it', async () => {
    const out = newRun()
    const { warnings } = await run(out, { head: 'mlp' })
    expect(warnings).toEqual([expect.stringMatching(/transformers has no class for an mlp head.*head: 'linear'/)])
    const file = openSafetensors(join(out, 'model', 'model.safetensors'))
    const heads = [...file.entries]
      .filter(([name]) => name.startsWith('score'))
      .map(([name, { shape }]) => [name, shape])
    expect(Object.fromEntries(heads)).toEqual({
      'score.0.weight': [256, 16],
      'score.0.bias': [256],
      'score.2.weight': [1, 256],
    })
    const { table } = await evaluateModel(
      evaluateOptionsSchema.parse({ model: out, data, out: join(out, 'again'), threads: 1, dtype: 'float32' }),
      silentHooks,
    )
    expect(table.pairs).toBe(90)
    expect((await checkModelFolder(out)).map(({ ok }) => ok)).toEqual([true, true, true])
  })

  it('is refused where the model has a linear one, and vice versa', async () => {
    const [linear, mlp] = [newRun(), newRun()]
    await run(linear, { maxSteps: 1 })
    await run(mlp, { maxSteps: 1, head: 'mlp' })
    await expect(run(newRun(), { model: linear, head: 'mlp' })).rejects.toThrow(
      /head mlp: .* already has a head of the kind linear; give head: 'linear'/,
    )
    await expect(run(newRun(), { model: mlp })).rejects.toThrow(/head linear: .*of the kind mlp; give head: 'mlp'/)
    await run(newRun(), { model: mlp, head: 'mlp', maxSteps: 1 })
  })
})
