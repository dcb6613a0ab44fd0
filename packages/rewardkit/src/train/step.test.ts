import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdamW, memoryStatistics, noGradient, scope, type Tensor } from '@rewardkit/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { computeRewards } from '../rewards/reward-pass.ts'
import { loadRewardNetwork, type RewardNetwork } from '../models/index.ts'
import { createObjective, objectiveNames } from '../objectives/index.ts'
import * as fixture from './fixtures/step-parts.ts'
import { type StepOptions, trainStep } from './step.ts'

const { largestRelativeDifference } = fixture
const folder = mkdtempSync(join(tmpdir(), 'step-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => fixture.createTinyModel(folder))

const batch = fixture.batchOf(13)
const everything = fixture.tokensOf(batch)
const options: StepOptions = { ...fixture.frozenStep, microBatchTokens: everything }

function accumulated(name: string, changed: Partial<StepOptions>) {
  const { gradients, result } = fixture.accumulated(folder, batch, name, {}, { ...options, ...changed })
  return { gradients, rewardDifference: result.rewardDifference }
}

describe('trainStep', () => {
  it('has a fixture with no pair near the threshold', () => {
    scope(() => {
      const model = loadRewardNetwork(folder, { seed: 3 })
      const rewards = computeRewards(
        model,
        batch.map((group) => group.tokens),
        { microBatchTokens: everything, dtype: 'float32' },
      )
      const margins = batch.flatMap((group, i) =>
        group.preferences.map((p) => (rewards[i]?.[p.chosen] ?? NaN) - (rewards[i]?.[p.rejected] ?? NaN)),
      )
      const mean = margins.reduce((sum, d) => sum + d, 0) / margins.length
      expect(Math.min(...margins.map((d) => Math.abs(d - mean)))).toBeGreaterThan(1e-3)
    })
  })

  it.each(objectiveNames)('%s: one micro-batch and many give the same gradients', (name) => {
    const one = accumulated(name, {})
    for (const microBatchTokens of [1, 40, 100]) {
      const many = accumulated(name, { microBatchTokens })
      expect(many.gradients.every((values) => values.every(Number.isFinite))).toBe(true)
      expect(largestRelativeDifference(one.gradients, many.gradients)).toBeLessThan(1e-5)
    }
  })

  it.each(['bradley-terry', 'adaptive-margin'])(
    '%s: the gradients are those of the loss written out at once',
    (name) => {
      const { gradients } = accumulated(name, { microBatchTokens: 40 })
      const objective = createObjective(name)
      const lossAt = (model: RewardNetwork) => {
        const rewards = computeRewards(
          model,
          batch.map((group) => group.tokens),
          { microBatchTokens: everything, dtype: 'float32' },
        )
        const pairs = batch.flatMap((group, i) =>
          group.preferences.map((p) => [rewards[i]?.[p.chosen] ?? NaN, rewards[i]?.[p.rejected] ?? NaN] as const),
        )
        return pairs
      }
      scope(() => {
        const model = loadRewardNetwork(folder, { seed: 3 })
        const before = lossAt(model)
        const { chosenGradient, rejectedGradient } = objective.evaluate(
          {
            chosen: Float64Array.from(before, ([c]) => c),
            rejected: Float64Array.from(before, ([, r]) => r),
            weight: Float64Array.from(batch.flatMap((group) => group.preferences.map((p) => p.weight ?? NaN))),
          },
          objective.initialState,
        )
        // Directional derivative along the gradient of the head: the rewards are linear in the head, so a finite step is exact.
        const index = model.names.indexOf('score.weight')
        const head = model.parameters[index]?.float32()
        const gradient = gradients[index]
        if (!head || !gradient) throw new Error('no head')
        const h = 1
        for (const j of head.keys()) head[j] = at(head, j) + h * at(gradient, j)
        const moved = lossAt(model)
        const change = moved.reduce(
          (sum, [c, r], i) =>
            sum + at(chosenGradient, i) * (c - at(before, i)[0]) + at(rejectedGradient, i) * (r - at(before, i)[1]),
          0,
        )
        const square = gradient.reduce((sum, value) => sum + value * value, 0)
        expect(change / (h * square)).toBeCloseTo(1, 4)
      })
    },
  )

  it('kept graphs change no bits', () => {
    const without = accumulated('adaptive-margin', { microBatchTokens: 40 })
    const all = accumulated('adaptive-margin', { microBatchTokens: 40, mayKeepGraph: () => true })
    let asked = 0
    const some = accumulated('adaptive-margin', { microBatchTokens: 40, mayKeepGraph: () => asked++ % 2 === 0 })
    expect(all.gradients).toEqual(without.gradients)
    expect(some.gradients).toEqual(without.gradients)
    expect(all.rewardDifference).toBe(0)
  })

  it.each(objectiveNames)('%s: the same parameters under plain SGD', (name) => {
    const step = (microBatchTokens: number) =>
      scope(() => {
        const model = loadRewardNetwork(folder, { seed: 3 })
        const { gradients } = accumulated(name, { microBatchTokens })
        noGradient(() => {
          for (const [i, parameter] of model.parameters.entries())
            descend(parameter, gradients[i] ?? new Float32Array())
        })
        return model.parameters.map((parameter) => parameter.float32().slice())
      })
    const [one, many] = [step(everything), step(40)]
    expect(largestRelativeDifference(one, many)).toBeLessThan(1e-6)
  })

  it('a request to stop discards the step', () => {
    scope(() => {
      const model = loadRewardNetwork(folder, { seed: 3 })
      const before = model.parameters.map((parameter) => parameter.float32().slice())
      const objective = createObjective('adaptive-margin')
      let asked = 0
      expect(() =>
        trainStep(fixture.learnerOf(model), batch, objective, objective.initialState, {
          ...options,
          learningRate: 1,
          microBatchTokens: 40,
          shouldStop: () => asked++ > 6,
        }),
      ).toThrow('stopped')
      expect(model.parameters.map((parameter) => parameter.float32().slice())).toEqual(before)
    })
  })

  it('rewards that are not finite stop the step and name the pair', () => {
    scope(() => {
      const model = loadRewardNetwork(folder, { seed: 3 })
      const head = model.weights.head.float32()
      head.fill(Infinity)
      const objective = createObjective('bradley-terry')
      expect(() => trainStep(fixture.learnerOf(model), batch, objective, objective.initialState, options)).toThrow(
        /not finite.*g0/,
      )
    })
  })

  it('frees everything that a step makes', () => {
    scope(() => {
      const model = loadRewardNetwork(folder, { seed: 3 })
      const optimizer = createAdamW(model.parameters)
      const objective = createObjective('adaptive-margin')
      const step = () =>
        trainStep(fixture.learnerOf(model, optimizer), batch, objective, objective.initialState, {
          ...options,
          microBatchTokens: 40,
        })
      for (let i = 0; i < 3; i++) step()
      const before = memoryStatistics()
      for (let i = 0; i < 30; i++) step()
      // Views of a few rewards wait for the garbage collector; a leaked tensor a step would be ten times as much.
      expect(memoryStatistics().bytes - before.bytes).toBeLessThan(30_000)
      expect(memoryStatistics().tensors).toBeLessThanOrEqual(before.tensors)
    })
  })
})

function descend(parameter: Tensor, gradient: Float32Array): void {
  const values = parameter.float32()
  for (const j of values.keys()) values[j] = at(values, j) - 0.1 * at(gradient, j)
}
