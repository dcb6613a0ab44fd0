import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { at } from '../at.ts'
import {
  type CustomLoss,
  evaluate,
  plan,
  type PreferencePair,
  RewardKitError,
  RewardModel,
  train,
  type TrainSettings,
} from '../index.ts'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { type BatchRewards, createObjective } from '../objectives/index.ts'
import { createSimulationModel } from '../quickstart/index.ts'
import { simulate } from '../simulate/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'library-'))
const home = temporaryHome()
vi.stubEnv('REWARDKIT_HOME', home)
const untrained = join(folder, 'untrained')
const file = join(folder, 'pairs.jsonl')
const trained = join(folder, 'trained')
const { pairs } = simulate({ pairs: 120, noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5, seed: 1 })
const settings = {
  model: untrained,
  batchSize: 16,
  learningRate: 1e-2,
  evalFraction: 0.2,
  threads: 1,
  dtype: 'float32',
} as const satisfies Partial<TrainSettings>

afterAll(() => {
  for (const path of [folder, home]) rmSync(path, { recursive: true })
})
const written = vi.spyOn(process.stdout, 'write')

beforeAll(async () => {
  createSimulationModel(untrained, { hiddenSize: 16, intermediateSize: 32, layers: 1, heads: 2 })
  writeFileSync(file, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''))
  await train({ ...settings, data: file, out: trained })
})

const weights = (run: string): Buffer => readFileSync(join(run, 'model', 'model.safetensors'))
let runs = 0
const newRun = (): string => join(folder, `run-${runs++}`)

async function* rowsOf(count = pairs.length): AsyncGenerator<PreferencePair> {
  for (const pair of pairs.slice(0, count)) {
    await Promise.resolve()
    yield pair
  }
}

describe('train', () => {
  it('reads an array, an async iterable and a function as it reads the file', async () => {
    for (const data of [pairs, rowsOf(), () => rowsOf()]) {
      const out = newRun()
      await train({ ...settings, data, out })
      expect(weights(out).equals(weights(trained))).toBe(true)
    }
  })

  it('goes on after an abort, with the rows that it had spooled, to the same bits', async () => {
    const out = newRun()
    const stop = new AbortController()
    const steps: number[] = []
    const onStep: TrainSettings['onStep'] = ({ step }) => {
      steps.push(step)
      if (step === 2) stop.abort(new Error('enough'))
    }
    const stopped = train({ ...settings, data: rowsOf(), out, signal: stop.signal, onStep })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', cause: new Error('enough') })
    expect(existsSync(join(out, 'model'))).toBe(false)
    const never = {
      [Symbol.iterator](): Iterator<PreferencePair> {
        throw new Error('the rows are there already')
      },
    }
    await train({ ...settings, data: never, out, resume: true, onStep })
    expect(steps.slice(0, 2)).toEqual([1, 2])
    expect(weights(out).equals(weights(trained))).toBe(true)
  })

  it('stops while it waits for a row, and lets the generator clean up', async () => {
    const out = newRun()
    let cleaned = false
    async function* slow(): AsyncGenerator<PreferencePair> {
      try {
        yield* rowsOf(3)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      } finally {
        cleaned = true
      }
    }
    await expect(train({ ...settings, data: slow(), out, signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      code: 'interrupted',
    })
    await vi.waitFor(() => expect(cleaned).toBe(true), 3000)
    expect(existsSync(out)).toBe(false)
    await train({ ...settings, data: rowsOf(), out, maxSteps: 1 })
  })

  it.each<[string, Partial<TrainSettings>, unknown, string]>([
    ['a row is refused', {}, 3, 'data, row 2: found number'],
    ['the folder cannot be written', { model: 'nowhere' }, pairs[1], 'model nowhere: no such folder'],
    ['the run stops between two pieces', {}, { ...pairs[1], long: 'x'.repeat(1 << 18) }, 'stopped on request'],
  ])('gives an iterable up where %s', async (_, changes, second, message) => {
    const seen: string[] = []
    const stop = new AbortController()
    function* rows(): Generator<PreferencePair> {
      try {
        seen.push('opened')
        yield pairs[0] as PreferencePair
        yield second as PreferencePair
        stop.abort()
        yield { ...(pairs[2] as PreferencePair), long: 'x'.repeat(1 << 18) } as PreferencePair
        yield* pairs
        seen.push('read to its end')
      } finally {
        seen.push('closed')
      }
    }
    const failed = train({ ...settings, data: rows(), out: newRun(), signal: stop.signal, ...changes })
    await expect(failed).rejects.toThrow(message)
    expect(seen).toEqual('model' in changes ? [] : ['opened', 'closed'])
  })

  it('tells what the caller’s own functions threw', async () => {
    const cause = new Error('the database is gone')
    async function* broken(): AsyncGenerator<PreferencePair> {
      yield* rowsOf(5)
      throw cause
    }
    await expect(train({ ...settings, data: broken(), out: newRun() })).rejects.toMatchObject({
      code: 'failure',
      message: 'data: the iterable failed at row 6: the database is gone',
      cause,
    })
    const failing = train({
      ...settings,
      data: file,
      out: newRun(),
      onStep() {
        throw cause
      },
    })
    await expect(failing).rejects.toBe(cause)
  })

  it('says what to do about a file that is missing, in the message and by itself', async () => {
    const out = newRun()
    const data = join(out, 'none.jsonl')
    const failed = train({ ...settings, data, out })
    await expect(failed).rejects.toMatchObject({ code: 'invalid-input', remedy: 'check the path' })
    await expect(failed).rejects.toThrow(/; check the path$/)
  })

  it('computes an objective of the caller’s as its own', async () => {
    const own = createObjective('adaptive-margin')
    const out = newRun()
    await train({
      ...settings,
      data: file,
      out,
      objective: (rewards) => own.evaluate(rewards, { runningMean: null }),
    })
    const reference = newRun()
    await train({ ...settings, data: file, out: reference, objective: 'adaptive-margin' })
    expect(weights(out).equals(weights(reference))).toBe(true)
    expect(readFileSync(join(out, 'config.yaml'), 'utf8')).toMatch(/^objective: custom:objective@[0-9a-f]{8}$/m)
  })

  it('keeps the state of an objective over steps and resumes', async () => {
    const seen: unknown[] = []
    const plain = createObjective('bradley-terry')
    const counting = {
      name: 'counting',
      initialState: { calls: 0 },
      evaluate: async (rewards: BatchRewards, state: unknown) => {
        seen.push(state)
        await Promise.resolve()
        const { calls } = state as { calls: number }
        return { ...plain.evaluate(rewards, { runningMean: null }), state: { calls: calls + 1 } }
      },
    }
    const out = newRun()
    const stop = new AbortController()
    const onStep: TrainSettings['onStep'] = ({ step }) => step === 2 && stop.abort()
    await expect(
      train({ ...settings, data: file, out, objective: counting, signal: stop.signal, onStep }),
    ).rejects.toMatchObject({ code: 'interrupted' })
    const stoppedAfter = seen.length
    await train({ ...settings, data: file, out, objective: counting, resume: true })
    expect(seen.slice(0, stoppedAfter)).toEqual(Array.from({ length: stoppedAfter }, (_, calls) => ({ calls })))
    expect(seen.at(-1)).toEqual({ calls: 5 })
  })

  const wrongGradient = (): CustomLoss => ({ loss: 1, chosenGradient: [1], rejectedGradient: [1] })
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a gradient of another length', { objective: wrongGradient }, 'chosenGradient has 1 numbers, expected 16'],
    [
      'a loss that is no number',
      { objective: () => ({ loss: NaN, chosenGradient: [], rejectedGradient: [] }) },
      'found NaN as loss, expected a finite number',
    ],
    ['no loss', { objective: () => undefined }, 'objective objective: found undefined, expected an object with loss'],
    [
      'a state that cannot be saved',
      {
        objective: ({ chosen, rejected }: BatchRewards) => ({
          loss: 1,
          chosenGradient: chosen,
          rejectedGradient: rejected,
          state: () => 1,
        }),
      },
      'objective objective: state is not plain JSON',
    ],
    [
      'a first state that cannot be saved',
      { objective: { name: 'own', evaluate: wrongGradient, initialState: new Map() } },
      'objective own: initialState is not plain JSON',
    ],
    ['no objective', { objective: null }, 'objective: expected a name, a function'],
    ['a path with hyphens as it is', { data: '/no/a --b/c--d.jsonl' }, '/c--d.jsonl: no such file'],
    ['a name that may be one of the hub', { data: 'own/er' }, 'data own/er: no such file or folder; for the Hugging'],
    ['an unknown option', { learningRat: 1 }, 'learningRat: unknown option; did you mean learningRate?'],
    ['a value out of range', { batchSize: 0 }, 'batchSize: found 0, expected a whole number'],
    ['an unknown objective', { objective: 'adaptive' }, 'objective: found "adaptive", expected bradley-terry'],
    ['options that exclude each other', { evalData: 'x.jsonl' }, 'give evalData or evalFraction, not both'],
    ['a missing option', { out: undefined }, 'out: missing'],
    ['no rows', { data: [] }, 'data: no rows came; give at least one preference'],
    [
      'a margin that is no number',
      { data: [{ prompt: 'a', chosen: 'b', rejected: 'c', margin: NaN }] },
      'data, line 1: field "margin": found text "NaN"',
    ],
    [
      'a row without a field',
      { data: [...pairs, { prompt: 'a', chosen: 'b' }] },
      'data, line 121: field "rejected": found nothing',
    ],
    ['a row that is no object', { data: [3] }, 'data, row 1: found number, expected an object'],
    ['a folder in use', { out: trained }, 'is not empty; name another folder, or give overwrite'],
  ])('refuses %s in the words of the library', async (_, changes, message) => {
    const given: Readonly<Record<string, unknown>> = { ...settings, data: file, out: newRun(), ...changes }
    const failed = train(given as unknown as TrainSettings)
    await expect(failed).rejects.toThrow(message)
    await expect(failed).rejects.toBeInstanceOf(RewardKitError)
    await expect(failed).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('rows on the disk', () => {
  it('a run that always resumes begins anew after a kill while its rows were written', async () => {
    const out = newRun()
    mkdirSync(out)
    writeFileSync(join(out, 'spooled-data.jsonl.1.tmp'), 'half a ro')
    await train({ ...settings, data: () => rowsOf(), out, resume: true })
    expect(weights(out).equals(weights(trained))).toBe(true)
    expect(readdirSync(out).filter((name) => name.startsWith('spooled'))).toEqual(['spooled-data.jsonl'])
  })

  it('an evaluation into the folder of a run leaves the rows of the run as they are', async () => {
    const out = newRun()
    await train({ ...settings, data: () => rowsOf(), out, maxSteps: 1 })
    const before = readFileSync(join(out, 'spooled-data.jsonl'))
    await evaluate({ model: out, data: rowsOf(10), out, threads: 1 })
    expect(readFileSync(join(out, 'spooled-data.jsonl')).equals(before)).toBe(true)
  })
})

describe('plan', () => {
  it.each(['all', 'last:1', 'head'])(
    'counts for train %s what a run then does, and writes nothing to its folder',
    async (part) => {
      const out = newRun()
      const options = { ...settings, out, train: part, evalEvery: 2 }
      const planned = await plan({ ...options, data: () => rowsOf() })
      expect(existsSync(out)).toBe(false)
      const lines: { tokens: number; pairs: number }[] = []
      const { steps } = await train({ ...options, data: file, onStep: (step) => lines.push(step) })
      const total = (name: 'tokens' | 'pairs') => lines.reduce((sum, line) => sum + line[name], 0)
      expect(planned).toMatchObject({ steps, pairs: total('pairs'), stepTokens: total('tokens') })
      expect(planned.seconds.hiddenStates > 0).toBe(part === 'head')
      expect(planned.memory.gradients < planned.memory.parameters).toBe(part !== 'all')
    },
  )
})

describe('evaluate', () => {
  it('finds in rows what it finds in the file', async () => {
    const fromFile = await evaluate({ model: trained, data: file, out: newRun(), threads: 1 })
    const fromRows = await evaluate({ model: trained, data: rowsOf(), out: newRun(), threads: 1 })
    expect(fromRows.accuracy).toEqual(fromFile.accuracy)
    expect(fromRows.data.sha256).toBe(fromFile.data.sha256)
  })
})

describe('RewardModel', () => {
  const items = pairs.slice(0, 20).map(({ prompt, chosen }) => ({ prompt, response: chosen }))
  const load = () => RewardModel.load(trained, { threads: 1, dtype: 'float32' })

  it('scores as an evaluation does, alone and beside other calls', async () => {
    await using model = await load()
    const out = newRun()
    await evaluate({ model: trained, data: file, out, threads: 1, dtype: 'float32' })
    const rows = readFileSync(join(out, 'rewards.jsonl'), 'utf8').trim().split('\n')
    const expected = rows.slice(0, 20).map((row) => (JSON.parse(row) as { chosen_reward: number }).chosen_reward)
    const calls = await Promise.all([model.score(items), ...items.map((item) => model.score([item]))])
    const [together, ...alone] = calls
    expect(together).toHaveLength(20)
    expected.forEach((reward, i) => {
      expect(together[i]).toBeCloseTo(reward, 4)
      expect(alone[i]?.[0]).toBeCloseTo(reward, 4)
    })
    expect(await model.score([])).toEqual([])
  })

  it('ranks candidates by their scores', async () => {
    await using model = await load()
    const [{ prompt } = { prompt: '' }] = pairs
    const candidates = [...new Set(pairs.slice(0, 8).map(({ chosen }) => chosen))]
    const scores = await model.score(candidates.map((response) => ({ prompt, response })))
    const { best, ranking } = await model.rank(prompt, candidates)
    expect(best).toEqual(ranking[0])
    expect(ranking.map(({ index }) => index)).toEqual(
      [...scores.keys()].toSorted((a, b) => at(scores, b) - at(scores, a)),
    )
    expect(ranking.every(({ index, candidate }) => candidates[index] === candidate)).toBe(true)
    const none = null as unknown as string
    await expect(model.rank(none, candidates)).rejects.toThrow('rank: found null as prompt, expected text or messages')
    await expect(model.rank(prompt, [])).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('says of each result whether the model reads it cut, and warns of it once', async () => {
    const warnings: string[] = []
    await using model = await RewardModel.load(trained, {
      threads: 1,
      dtype: 'float32',
      maxLength: 24,
      onEvent: (event) => {
        if (event.kind === 'warning') warnings.push(event.message)
      },
    })
    const long = 'The kettle sings. '.repeat(20)
    expect(await model.scoreDetailed([{ prompt: 'Why?', response: 'So.' }])).toEqual([
      { reward: expect.any(Number) as number, truncated: false },
    ])
    expect(warnings.filter((message) => message.includes('cut'))).toEqual([])
    const both = ['So.', long].map((response) => ({ prompt: 'Why?', response }))
    const detailed = await model.scoreDetailed(both)
    expect(detailed.map(({ truncated }) => truncated)).toEqual([false, true])
    const scores = await model.score(both)
    detailed.forEach(({ reward }, index) => expect(reward).toBeCloseTo(at(scores, index), 5))
    const truncatedOf = async (prompt: string) => {
      const { ranking } = await model.rank(prompt, ['So.', long])
      return ranking.toSorted((a, b) => a.index - b.index).map(({ truncated }) => truncated)
    }
    expect(await truncatedOf('Why?')).toEqual([false, true])
    expect(await truncatedOf(long)).toEqual([true, true])
    expect(warnings.filter((message) => /the 24 tokens .* is cut/.test(message))).toHaveLength(1)
  })

  it('rejects an unreadable item and leaves other calls alone', async () => {
    await using model = await load()
    const bad = model.score([...items, { prompt: 'Yes', response: 3 as unknown as string }])
    const good = model.score(items)
    await expect(bad).rejects.toThrow('item 20: field "response": found number 3')
    expect(await good).toHaveLength(20)
  })

  it('stops a call on request, and all calls when it is closed', async () => {
    const model = await load()
    const many = Array.from({ length: 40 }, () => items).flat()
    const stopped = model.score(many, { signal: AbortSignal.timeout(1) })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' })
    const pending = model.score(many)
    const closing = model.close()
    await expect(pending).rejects.toMatchObject({ code: 'closed' })
    await closing
    await model.close()
    await expect(model.score(items)).rejects.toMatchObject({ code: 'closed' })
  })

  it('drains: calls so far are answered, later ones are not waited for', async () => {
    await using model = await load()
    let answered = 0
    const count = () => {
      answered += 1
    }
    const calls = items.map((item) => model.score([item]).then(count))
    await model.drain()
    expect(answered).toBe(20)
    await Promise.all(calls)
    await model.drain()
  })

  it('is swapped under load without a lost request', async () => {
    let model = await load()
    const first = model
    const handle = async (number: number) => {
      await new Promise((resolve) => void setTimeout(resolve, number))
      const { prompt, response } = at(items, number % items.length)
      return number % 2 === 0
        ? model.score([{ prompt, response }])
        : [(await model.rank(prompt, [response])).best.reward]
    }
    const requests = Array.from({ length: 200 }, (_, number) => handle(number))
    const next = await load()
    model = next
    await first.drain()
    await first.close()
    const expected = await next.score(items)
    for (const [number, rewards] of (await Promise.all(requests)).entries())
      expect(rewards[0]).toBeCloseTo(at(expected, number % items.length), 4)
    await next.close()
  })

  it('loads no folder that is none, and stops loading on request', async () => {
    await expect(RewardModel.load(join(folder, 'nothing'))).rejects.toThrow(/^model .*: no such folder/)
    await expect(RewardModel.load('stanfordnlp/nothing')).rejects.toMatchObject({
      code: 'invalid-input',
      problem: 'model stanfordnlp/nothing: no such folder',
      remedy: 'for the Hugging Face hub, write hub:stanfordnlp/nothing',
    })
    await expect(RewardModel.load(untrained)).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(RewardModel.load(trained, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})

describe('the library', () => {
  it.runIf(process.platform === 'linux')('leaks nothing over many loads and closes', async () => {
    const use = async (times: number) => {
      for (let i = 0; i < times; i++) {
        const model = await RewardModel.load(trained, { threads: 2 })
        await model.score([{ prompt: 'Please plan a picnic.', response: 'I suggest mild food.' }])
        await model.close()
      }
      const status = readFileSync('/proc/self/status', 'utf8')
      const number = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1])
      return {
        threads: number('Threads'),
        files: readdirSync('/proc/self/fd').length,
        resident: number('VmRSS') / 1024,
      }
    }
    const early = await use(5)
    const late = await use(25)
    expect(late.threads).toBeLessThanOrEqual(early.threads)
    expect(late.files).toBeLessThanOrEqual(early.files)
    // MB; one model's thread alone takes some 50.
    expect(late.resident - early.resident).toBeLessThan(40)
  })

  it('prints nothing', () => {
    expect(written).not.toHaveBeenCalled()
  })
})
