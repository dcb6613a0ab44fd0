import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import Database from 'libsql'
import { RewardModel, train } from 'rewardkit'
import { createSimulationModel } from 'rewardkit/quickstart'
import { simulate } from 'rewardkit/simulate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bestOfN } from './best-of-n.ts'
import { squaredHinge } from './custom-objective.ts'
import { trainFromDatabase } from './database.ts'
import { gate } from './gate.ts'
import { suspiciousPairs } from './suspicious-pairs.ts'

// A model that has learned simulated pairs, of which a tenth carries the wrong label.
const folder = mkdtempSync(join(tmpdir(), 'examples-'))
const untrained = join(folder, 'untrained')
const trained = join(folder, 'trained')
const noise = { noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5 }
const { pairs } = simulate({ pairs: 6000, ...noise, seed: 0 })
const { pairs: others } = simulate({ pairs: 300, ...noise, seed: 1 })
const othersFile = join(folder, 'others.jsonl')
const settings = {
  batchSize: 32,
  microBatchTokens: 8192,
  epochs: 2,
  learningRate: 3e-3,
  schedule: 'linear',
  warmupSteps: 20,
  maxLength: 128,
  threads: 1,
  dtype: 'float32',
} as const
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  createSimulationModel(untrained, { layers: 1 })
  writeFileSync(othersFile, others.map((pair) => `${JSON.stringify(pair)}\n`).join(''))
  await train({ ...settings, model: untrained, data: pairs, out: trained })
}, 120_000)

describe('examples', () => {
  it('best-of-n: answers over HTTP with the best candidate', async () => {
    const model = await RewardModel.load(trained)
    const [{ prompt, chosen, rejected }] = others as [(typeof others)[number]]
    const generate = async () => Promise.resolve([rejected, chosen, chosen, rejected])
    const server = serve({ fetch: bestOfN(model, generate).fetch, hostname: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`
    const ask = (body: string) => fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await ask(JSON.stringify({ prompt }))).json() as Promise<{ answer: string; rewards: number[] }>,
      ),
    )
    for (const { answer, rewards } of answers) {
      expect(rewards).toEqual(rewards.toSorted((a, b) => b - a))
      expect(answer).toBe(answers[0]?.answer)
    }
    expect((await ask('{}')).status).toBe(400)
    expect((await ask(JSON.stringify({ prompt: 'x'.repeat(100_000) }))).status).toBe(413)
    await new Promise((resolve) => server.close(resolve))
    await model.close()
  })

  it('database: trains on the rows of a table', async () => {
    const path = join(folder, 'support.db')
    const database = new Database(path)
    database.exec(
      'create table judgements (id integer primary key, question text, winner text, loser text, votes integer)',
    )
    const insert = database.prepare('insert into judgements (question, winner, loser, votes) values (?, ?, ?, ?)')
    for (const { prompt, chosen, rejected } of pairs.slice(0, 200)) insert.run(prompt, chosen, rejected, 4)
    database.close()
    const { steps, evaluation } = await trainFromDatabase(path, untrained, join(folder, 'database'), { maxSteps: 3 })
    expect(steps).toBe(3)
    expect(evaluation?.summary.pairs).toBeGreaterThan(10)
  })

  it('gate: passes a model that has learned, not one that has not', async () => {
    const beginner = join(folder, 'beginner')
    await train({ ...settings, model: untrained, data: pairs, out: beginner, maxSteps: 1, learningRate: 1e-6 })
    expect(await gate(trained, beginner, othersFile, 0.65)).toMatchObject({ passed: true, reasons: [] })
    const failed = await gate(beginner, trained, othersFile, 0.65)
    expect(failed.passed).toBe(false)
    expect(failed.reasons).toHaveLength(2)
  })

  it('custom objective: its gradient is that of its loss, and it learns', async () => {
    const chosen = Float64Array.of(1.3, -0.4, 0.2, 2.5)
    const rejected = Float64Array.of(0.9, 0.3, -0.1, 0.4)
    const at = async (a: Float64Array, b: Float64Array) => squaredHinge({ chosen: a, rejected: b }, null)
    const { chosenGradient, rejectedGradient } = await at(chosen, rejected)
    const step = 1e-6
    for (const i of chosen.keys()) {
      const moved = (values: Float64Array, by: number) => values.map((value, j) => value + (i === j ? by : 0))
      const slope = async (which: 'chosen' | 'rejected') => {
        const [up, down] = await Promise.all(
          [step, -step].map((by) =>
            which === 'chosen' ? at(moved(chosen, by), rejected) : at(chosen, moved(rejected, by)),
          ),
        )
        return ((up?.loss ?? NaN) - (down?.loss ?? NaN)) / (2 * step)
      }
      expect(chosenGradient[i]).toBeCloseTo(await slope('chosen'), 6)
      expect(rejectedGradient[i]).toBeCloseTo(await slope('rejected'), 6)
    }
    const { evaluation } = await train({
      ...settings,
      model: untrained,
      data: pairs,
      evalData: others,
      out: join(folder, 'hinge'),
      objective: squaredHinge,
    })
    expect(evaluation?.summary.accuracy.low).toBeGreaterThan(0.7)
  })

  it('suspicious pairs: most of what it finds carries the wrong label', async () => {
    const model = await RewardModel.load(trained)
    const byId = new Map(others.map((pair) => [pair.id, pair]))
    const found = await suspiciousPairs(model, others, 15)
    expect(found).toHaveLength(15)
    const wrong = found.filter(({ id }) => (byId.get(id)?.meta.true_margin ?? 0) < 0)
    expect(wrong.length).toBeGreaterThanOrEqual(12)
    await model.close()
  })
})
