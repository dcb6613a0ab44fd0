import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { at } from '../at.ts'
import { evaluate, RewardModel } from '../index.ts'
import { file, folder, newRun, pairs, trained, untrained } from './fixtures/small-run.ts'

const written = vi.spyOn(process.stdout, 'write')

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
    // MB; one model's thread alone takes about 50.
    expect(late.resident - early.resident).toBeLessThan(40)
  })
})

it('prints nothing', () => {
  expect(written).not.toHaveBeenCalled()
})
