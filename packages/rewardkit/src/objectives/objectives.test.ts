import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom, type Random } from '../random.ts'
import { createObjective } from './create-objective.ts'
import type { BatchRewards, ObjectiveResult } from './objective.ts'
import { objectiveNames } from './objective-list.ts'
import { type ObjectiveOptions, objectiveOptionsSchema } from './objective-options.ts'
import { logSigmoid } from '../logistic.ts'
import { toBatchRewards } from './batch-rewards.ts'

const numbers = z.array(z.number())
const fixture = z
  .object({
    batches: z.array(z.object({ chosen: numbers, rejected: numbers, margin: numbers, probability: numbers })),
    cases: z.array(
      z.object({
        batch: z.number(),
        objective: z.enum(objectiveNames),
        options: objectiveOptionsSchema.partial(),
        running: z.number().nullable(),
        loss: z.number(),
        chosenGradient: numbers,
        rejectedGradient: numbers,
        batchMargin: z.number().nullable(),
        shareBelowThreshold: z.number().nullable(),
        runningMean: z.number().nullable(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/objectives.json', import.meta.url), 'utf8')))

const start = { runningMean: null }

function evaluate(name: string, rewards: BatchRewards, options: Partial<ObjectiveOptions> = {}): ObjectiveResult {
  return createObjective(name, options).evaluate(rewards, start)
}

/** The largest absolute difference; infinite for different lengths. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - at(expected, i))))
}

function randomBatch(random: Random, pairs: number): BatchRewards {
  const draw = (value: () => number) => Float64Array.from({ length: pairs }, value)
  return {
    chosen: draw(() => 2 * random.normal() + 0.5),
    rejected: draw(() => random.normal()),
    margin: draw(() => random.integer(4)),
    probability: draw(() => random.uniform()),
  }
}

/** Sets of options that reach every branch of the code. */
const variants: readonly Partial<ObjectiveOptions>[] = [
  {},
  { labelSmoothing: 0.1, rewardCentering: 0.01 },
  { gradientThroughMean: 'through' },
  { gradientThroughMean: 'through', negativeMean: 'clamped', branches: 'separately' },
  { gradientThroughMean: 'through', meanOver: 3 },
  { gradientThroughMean: 'through', meanOver: 'running' },
  { gradientThroughMean: 'through', marginOn: 'above-mean' },
  { gradientThroughMean: 'through', marginOn: 'random' },
]

describe('against torch autograd in float64', () => {
  for (const name of objectiveNames)
    it(`${name}: loss, gradients, mu, share and state`, () => {
      const cases = fixture.cases.filter((one) => one.objective === name)
      expect(cases.length).toBeGreaterThanOrEqual(16)
      for (const one of cases) {
        const batch = fixture.batches[one.batch]
        if (!batch) throw new Error('the fixture is broken')
        const result = createObjective(name, one.options).evaluate(toBatchRewards(batch), { runningMean: one.running })
        expect(distance([result.loss], [one.loss])).toBeLessThan(1e-12)
        expect(distance(result.chosenGradient, one.chosenGradient)).toBeLessThan(1e-12)
        expect(distance(result.rejectedGradient, one.rejectedGradient)).toBeLessThan(1e-12)
        expect(result.batchMargin === null).toBe(one.batchMargin === null)
        expect(distance([result.batchMargin ?? 0], [one.batchMargin ?? 0])).toBeLessThan(1e-12)
        expect(result.shareBelowThreshold).toEqual(one.shareBelowThreshold)
        expect(distance([result.state.runningMean ?? 0], [one.runningMean ?? 0])).toBeLessThan(1e-12)
      }
    })
})

describe('finite differences', () => {
  const step = 1e-5
  for (const name of objectiveNames)
    it(`${name}: the gradient is the loss's slope where it is not held constant`, () => {
      const random = createRandom(7, name)
      for (const options of variants) {
        const objective = createObjective(name, options)
        // A detached mu is not the gradient of a function: only the objectives without mu are checked so.
        if (!objective.separable && options.gradientThroughMean !== 'through') continue
        for (let trial = 0; trial < 20;) {
          const rewards = randomBatch(random, 1 + random.integer(8))
          const state = { runningMean: 0.3 }
          const chunk = typeof options.meanOver === 'number' ? options.meanOver : rewards.chosen.length
          if (nearThreshold(rewards, chunk, options.meanOver === 'running' ? 0.3 : null)) continue
          trial++
          const { chosenGradient, rejectedGradient } = objective.evaluate(rewards, state)
          for (const [side, gradient] of [
            ['chosen', chosenGradient],
            ['rejected', rejectedGradient],
          ] as const) {
            const slopes = rewards[side].map((_, i) => {
              const moved = (by: number) => ({
                ...rewards,
                [side]: rewards[side].with(i, (rewards[side][i] ?? NaN) + by),
              })
              return (
                (objective.evaluate(moved(step), state).loss - objective.evaluate(moved(-step), state).loss) /
                (2 * step)
              )
            })
            expect(distance(gradient, slopes)).toBeLessThan(1e-8)
          }
        }
      }
    })
})

/** True where some |d - mu| or |mu| is under 1e-3, so that a finite step could cross a kink. */
function nearThreshold({ chosen, rejected }: BatchRewards, chunk: number, running: number | null): boolean {
  const d = Array.from(chosen, (reward, i) => reward - at(rejected, i))
  for (let from = 0; from < d.length; from += chunk) {
    const part = d.slice(from, from + chunk)
    const own = part.reduce((sum, value) => sum + value, 0) / part.length
    const mu = running === null ? own : 0.9 * running + 0.1 * own
    // A single pair is its own mean and moves with it: it stays on the threshold.
    if (part.length === 1 && running === null) return true
    if (Math.abs(mu) < 1e-3 || part.some((value) => Math.abs(value - mu) < 1e-3)) return true
  }
  return false
}

describe('invariants', () => {
  it('a running mean of the state counts only where it is asked for', () => {
    const batch = randomBatch(createRandom(12, 'state'), 5)
    for (const name of ['batch-margin', 'adaptive-margin']) {
      const objective = createObjective(name)
      const late = objective.evaluate(batch, { runningMean: 5 })
      expect(late).toEqual({ ...objective.evaluate(batch, start), state: { runningMean: 5 } })
    }
  })

  it('a mu of exactly zero is not clamped: its gradient flows', () => {
    const batch = toBatchRewards({ chosen: [1, -1], rejected: [0, 0] })
    const through = { gradientThroughMean: 'through' } as const
    const clamped = evaluate('batch-margin', batch, { ...through, negativeMean: 'clamped' })
    expect(clamped).toEqual(evaluate('batch-margin', batch, through))
    expect(distance(clamped.chosenGradient, evaluate('batch-margin', batch).chosenGradient)).toBeGreaterThan(0.01)
  })

  it('a certain label is none: probabilities of 0 and 1 are those of the pair either way round', () => {
    const certain = (probability: number) =>
      evaluate('soft-label', {
        chosen: Float64Array.of(2),
        rejected: Float64Array.of(0.5),
        probability: Float64Array.of(probability),
      })
    expect(certain(1).loss).toBeCloseTo(-logSigmoid(1.5), 14)
    expect(certain(0).loss).toBeCloseTo(-logSigmoid(-1.5), 14)
  })

  it.each(objectiveNames)('%s: a constant added to all rewards changes nothing but centering', (name) => {
    const rewards = randomBatch(createRandom(1, name), 16)
    // A power of two, and rewards on a grid, so that adding is exact.
    const grid = (values: Float64Array, add = 0) => values.map((value) => Math.round(value * 1024) / 1024 + add)
    const near = { ...rewards, chosen: grid(rewards.chosen), rejected: grid(rewards.rejected) }
    const far = { ...rewards, chosen: grid(rewards.chosen, 64), rejected: grid(rewards.rejected, 64) }
    expect(evaluate(name, far)).toEqual(evaluate(name, near))
    const centered = { rewardCentering: 0.01 }
    expect(evaluate(name, far, centered).loss).toBeGreaterThan(evaluate(name, near, centered).loss + 1)
  })

  it('d exactly on the threshold keeps the plain loss', () => {
    const { loss, shareBelowThreshold, batchMargin } = evaluate(
      'adaptive-margin',
      toBatchRewards({ chosen: [1, 2, 3], rejected: [0, 0, 0] }),
    )
    expect(batchMargin).toBe(2)
    expect(shareBelowThreshold).toBe(1 / 3)
    expect(distance([loss], [-(logSigmoid(1 - 2) + logSigmoid(2) + logSigmoid(3)) / 3])).toBeLessThan(1e-12)
  })

  it('a batch of one is plain Bradley-Terry for adaptive-margin and log 2 for batch-margin', () => {
    const one = toBatchRewards({ chosen: [0.7], rejected: [0.1] })
    expect(evaluate('adaptive-margin', one).loss).toBe(evaluate('bradley-terry', one).loss)
    expect(evaluate('batch-margin', one).loss).toBe(Math.LN2)
  })

  it('equal margins never fall below their own mean', () => {
    const random = createRandom(5, 'equal margins')
    for (let trial = 0; trial < 500; trial++) {
      const value = trial === 0 ? 0.1 : random.normal() * 10 ** (random.integer(8) - 4)
      const chosen = new Float64Array(1 + random.integer(200)).fill(value)
      const batch = { chosen, rejected: new Float64Array(chosen.length) }
      for (const meanOver of ['batch', 'running', 3] as const) {
        const objective = createObjective('adaptive-margin', { meanOver })
        const first = objective.evaluate(batch, start)
        expect(first.shareBelowThreshold).toBe(0)
        expect(objective.evaluate(batch, first.state).shareBelowThreshold).toBe(0)
      }
    }
  })

  const extreme = toBatchRewards({ chosen: [800, 0], rejected: [0, 800], margin: [1, 1], probability: [1, 1] })

  it.each(objectiveNames)('%s: d of +-800 stays finite', (name) => {
    for (const options of variants) {
      const { loss, chosenGradient, rejectedGradient } = evaluate(name, extreme, options)
      for (const value of [loss, ...chosenGradient, ...rejectedGradient]) expect(Number.isFinite(value)).toBe(true)
    }
  })

  it.each([
    ['bradley-terry', 400],
    ['annotated-margin', 400.5],
    ['batch-margin', 400],
    ['adaptive-margin', 400],
    ['scaled-bradley-terry', 400],
    ['soft-label', 400],
  ])('%s: d of +-800 is right', (name, loss) => {
    // One pair costs nothing, the other 800 (801 with its margin), and pulls with its whole share of one half.
    expect(evaluate(name, extreme).loss).toBe(loss)
    expect(evaluate(name, extreme).chosenGradient[1]).toBe(-0.5)
  })

  it('with the gradient through mu, the gradients of Eq. 4 sum to zero', () => {
    const random = createRandom(11, 'sum')
    for (const meanOver of ['batch', 3] as const) {
      const options = { gradientThroughMean: 'through', meanOver } as const
      const { chosenGradient } = evaluate('batch-margin', randomBatch(random, 32), options)
      expect(Math.max(...chosenGradient.map(Math.abs))).toBeGreaterThan(1e-3)
      expect(Math.abs(chosenGradient.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-15)
    }
  })

  it('a clamped negative mu leaves Bradley-Terry; kept, it relaxes the loss', () => {
    const rewards = toBatchRewards({ chosen: [0, 0.5, -1], rejected: [1, 1, 1] })
    const plain = evaluate('bradley-terry', rewards)
    for (const name of ['batch-margin', 'adaptive-margin']) {
      const clamped = evaluate(name, rewards, { negativeMean: 'clamped' })
      expect(distance([clamped.loss, ...clamped.chosenGradient], [plain.loss, ...plain.chosenGradient])).toBeLessThan(
        1e-12,
      )
      expect(clamped.batchMargin).toBe(0)
      expect(evaluate(name, rewards).loss).toBeLessThan(plain.loss)
    }
  })

  it.each(['batch-margin', 'adaptive-margin'])('%s: chunks are the batches of their own pairs', (name) => {
    const rewards = randomBatch(createRandom(3, name), 7)
    for (const branches of ['together', 'separately'] as const) {
      const whole = evaluate(name, rewards, { meanOver: 3, branches })
      let loss = 0
      const gradient: number[] = []
      for (const [from, to] of [
        [0, 3],
        [3, 6],
        [6, 7],
      ] as const) {
        const part = { chosen: rewards.chosen.slice(from, to), rejected: rewards.rejected.slice(from, to) }
        const result = evaluate(name, part, { branches })
        loss += (result.loss * (to - from)) / 7
        gradient.push(...result.chosenGradient.map((value) => (value * (to - from)) / 7))
      }
      expect(distance([whole.loss, ...whole.chosenGradient], [loss, ...gradient])).toBeLessThan(1e-12)
    }
  })

  it('on random pairs, mu goes to as many as are below it, other ones in each batch, whatever d is', () => {
    const objective = createObjective('adaptive-margin', { marginOn: 'random' })
    const rewards = randomBatch(createRandom(5, 'random pairs'), 40)
    const d = rewards.chosen.map((chosen, i) => chosen - at(rewards.rejected, i))
    let state = objective.initialState
    const drawn: string[] = []
    const often = new Float64Array(40)
    for (let batch = 0; batch < 400; batch++) {
      const result = objective.evaluate(rewards, state)
      const mu = result.batchMargin ?? NaN
      // The slope is that of d - mu where mu was applied.
      const moved = d.map((margin, i) =>
        Number(Math.abs(at(result.chosenGradient, i) + 1 / (1 + Math.exp(margin - mu)) / 40) < 1e-15),
      )
      expect(moved.reduce((sum, one) => sum + one, 0)).toBe(d.filter((margin) => margin < mu).length)
      expect(result.shareBelowThreshold).toBe(d.filter((margin) => margin < mu).length / 40)
      moved.forEach((one, i) => (often[i] = at(often, i) + one))
      drawn.push(moved.join(''))
      state = result.state
    }
    expect(new Set(drawn).size).toBeGreaterThan(390)
    const share = often.reduce((sum, one) => sum + one, 0) / 40
    // 4.5 standard deviations of 400 draws.
    for (const count of often) expect(Math.abs(count - share)).toBeLessThan(4.5 * 10)
    expect(objective.evaluate(rewards, { runningMean: null, draws: 7 })).toEqual(
      createObjective('adaptive-margin', { marginOn: 'random' }).evaluate(rewards, { runningMean: null, draws: 7 }),
    )
  })

  it.each(objectiveNames)('%s: pairs of a separable objective ignore one another, others do not', (name) => {
    const objective = createObjective(name)
    const rewards = randomBatch(createRandom(9, name), 6)
    const moved = { ...rewards, chosen: rewards.chosen.with(0, 50) }
    const others = (batch: BatchRewards) => objective.evaluate(batch, start).chosenGradient.slice(1)
    const same = others(moved).every((value, i) => value === others(rewards)[i])
    expect(same).toBe(objective.separable)
  })
})

describe('weights', () => {
  const random = createRandom(4, 'weights')
  const batch = randomBatch(random, 6)
  const weight = Float64Array.of(1, 3, 1, 2, 1, 1)
  /** Each pair as often as its weight says. */
  const repeated = (column: Float64Array) =>
    Float64Array.from([...column].flatMap((value, i) => Array<number>(at(weight, i)).fill(value)))

  it.each(objectiveNames)('%s: it uses weights where they change the gradient', (name) => {
    const [even, uneven] = [evaluate(name, batch), evaluate(name, toBatchRewards({ ...batch, weight }))]
    expect(distance(even.chosenGradient, uneven.chosenGradient) > 0).toBe(createObjective(name).usesWeight)
  })

  it.each(objectiveNames)('%s: a pair of weight 3 counts as three pairs, where it uses weights', (name) => {
    if (!createObjective(name).usesWeight) return
    const { chosen, rejected, margin, probability } = batch
    const found = evaluate(name, { ...batch, weight })
    const expected = evaluate(
      name,
      toBatchRewards({
        chosen: repeated(chosen),
        rejected: repeated(rejected),
        ...(margin && { margin: repeated(margin) }),
        ...(probability && { probability: repeated(probability) }),
      }),
    )
    expect(found.loss).toBeCloseTo(expected.loss, 14)
    // The gradient of a repeated pair is spread over its copies.
    const firsts = [0, 1, 4, 5, 7, 8]
    const sums = firsts.map((first, i) => at(expected.chosenGradient, first) * at(weight, i))
    expect(distance(found.chosenGradient, sums)).toBeLessThan(1e-15)
    const scaled = evaluate(name, { ...batch, weight: weight.map((one) => one * 10) })
    expect(distance(scaled.chosenGradient, found.chosenGradient)).toBeLessThan(1e-15)
  })
})
