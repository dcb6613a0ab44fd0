import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import {
  type CustomLoss,
  evaluate,
  plan,
  type PreferencePair,
  RewardKitError,
  train,
  type TrainSettings,
} from '../index.ts'
import { type BatchRewards, createObjective } from '../objectives/index.ts'
import { file, newRun, pairs, rowsOf, settings, trained, weights } from './fixtures/small-run.ts'

const written = vi.spyOn(process.stdout, 'write')

describe('train', () => {
  it('reads an array, an async iterable and a function as it reads the file', async () => {
    for (const data of [pairs, rowsOf(), () => rowsOf()]) {
      const out = newRun()
      await train({ ...settings, data, out })
      expect(weights(out).equals(weights(trained))).toBe(true)
    }
  })

  it('goes on after an abort, with the rows that it had spooled, to the same bits', async () => {
    // Enough steps for the abort to arrive before the run ends, even on a busy machine.
    const long = { ...settings, epochs: 30 }
    const [whole, out] = [newRun(), newRun()]
    await train({ ...long, data: file, out: whole })
    const stop = new AbortController()
    const steps: number[] = []
    const onStep: TrainSettings['onStep'] = ({ step }) => {
      steps.push(step)
      if (step === 2) stop.abort(new Error('enough'))
    }
    const stopped = train({ ...long, data: rowsOf(), out, signal: stop.signal, onStep })
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', cause: new Error('enough') })
    expect(existsSync(join(out, 'model'))).toBe(false)
    const never = {
      [Symbol.iterator](): Iterator<PreferencePair> {
        throw new Error('the rows are there already')
      },
    }
    await train({ ...long, data: never, out, resume: true, onStep })
    expect(steps.slice(0, 2)).toEqual([1, 2])
    expect(weights(out).equals(weights(whole))).toBe(true)
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

  it('says what to do about a file that is missing, in the message and separately', async () => {
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
      'a loss that is not a number',
      { objective: () => ({ loss: NaN, chosenGradient: [], rejectedGradient: [] }) },
      'found NaN as loss, expected a finite number',
    ],
    ['no loss', { objective: () => undefined }, 'objective: found undefined, expected an object with loss'],
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
      'objective: state is not plain JSON',
    ],
    [
      'a first state that cannot be saved',
      { objective: { name: 'own', evaluate: wrongGradient, initialState: new Map() } },
      'objective own: initialState is not plain JSON',
    ],
    ['no objective', { objective: null }, 'objective: expected a name, a function'],
    ['a path with hyphens unchanged', { data: '/no/a --b/c--d.jsonl' }, '/c--d.jsonl: no such file'],
    ['a name that may be one of the hub', { data: 'own/er' }, 'data own/er: no such file or folder; for the Hugging'],
    ['an unknown option', { learningRat: 1 }, 'learningRat: unknown option; did you mean learningRate?'],
    ['a value out of range', { batchSize: 0 }, 'batchSize: found 0, expected a whole number'],
    ['an unknown objective', { objective: 'adaptive' }, 'objective: found "adaptive", expected bradley-terry'],
    ['options that exclude each other', { evalData: 'x.jsonl' }, 'give evalData or evalFraction, not both'],
    ['a missing option', { out: undefined }, 'out: missing'],
    ['no rows', { data: [] }, 'data: there were no rows; give at least one preference'],
    [
      'a margin that is not a number',
      { data: [{ prompt: 'a', chosen: 'b', rejected: 'c', margin: NaN }] },
      'data, line 1: field "margin": found text "NaN"',
    ],
    [
      'a row without a field',
      { data: [...pairs, { prompt: 'a', chosen: 'b' }] },
      'data, line 121: field "rejected": found nothing',
    ],
    ['a row that is not an object', { data: [3] }, 'data, row 1: found number, expected an object'],
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

  it('an evaluation into the folder of a run leaves the rows of the run unchanged', async () => {
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
    expect(fromRows.data).toEqual({ path: expect.any(String) as string, sha256: fromFile.data?.sha256 })
  })
})

it('prints nothing', () => {
  expect(written).not.toHaveBeenCalled()
})
