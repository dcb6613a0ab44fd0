import { createAdamW, ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { createObjective, type Objective } from '../objectives/index.ts'
import { splitPrefix } from '../tokens/encode.ts'
import type { EncodedGroup, TokenGroup } from '../tokens/index.ts'
import { frozenStep } from './fixtures/step-parts.ts'
import { type StepOptions, type StepResult, trainStep } from './step.ts'

// The model of these tests is one number w: a response that ends with the token t has the reward w t / 8. All that a step
// does with it can be worked out by hand.

/** A pair whose responses end with these tokens; the prompt is two tokens long, each branch one. */
function pair(id: string, chosen: number, rejected: number): EncodedGroup {
  const tokens = splitPrefix([Int32Array.of(90, 91, chosen), Int32Array.of(90, 91, rejected)], false)
  return { id, promptId: id, subset: null, tokens, preferences: [{ chosen: 0, rejected: 1 }] }
}

const lastTokens = (groups: readonly TokenGroup[]): number[] =>
  groups.flatMap(({ branches, branchOf }) => branchOf.map((branch) => at(at(branches, branch), 0)))

interface Step extends Partial<StepOptions> {
  readonly objective?: Objective
  readonly w?: number
  /** What pass 1, 2, ... over a micro-batch adds to its rewards. */
  readonly added?: (call: number) => number
  readonly unused?: boolean
}

interface Outcome {
  readonly result: StepResult
  /** The gradient that reached the optimizer, and the parameter after the step. */
  readonly gradient: number
  readonly after: number
  /** For each call of the model, whether it recorded a graph. */
  readonly recorded: readonly boolean[]
}

/** A step of the model of one number, of one micro-batch for each pair unless said otherwise. */
function step(batch: readonly EncodedGroup[], { objective, w = 1, added, unused, ...options }: Step = {}): Outcome {
  const chosenObjective = objective ?? createObjective('adaptive-margin')
  return scope(() => {
    const parameter = leaf([w])
    const parameters = unused ? [parameter, leaf([1])] : [parameter]
    const optimizer = createAdamW(parameters)
    const recorded: boolean[] = []
    const rewardsOf = (groups: readonly TokenGroup[]) => {
      const offset = added?.(recorded.length) ?? 0
      const eighths = tensorFrom(Float32Array.from(lastTokens(groups), (token) => token / 8))
      const rewards = ops.add(ops.mul(parameter, eighths), tensorFrom(Float32Array.of(offset)))
      recorded.push(rewards.requiresGradient)
      return rewards
    }
    // A gradient that an earlier step has left must not count.
    parameter.gradient = tensorFrom(Float32Array.of(1000))
    const all = { ...frozenStep, microBatchTokens: 1, ...options }
    const result = trainStep({ parameters, optimizer, rewardsOf }, batch, chosenObjective, { runningMean: null }, all)
    expect(parameter.gradient).toBeNull()
    return { result, gradient: at(at(optimizer.averages, 0).float32(), 0), after: at(parameter.float32(), 0), recorded }
  })
}

const leaf = (values: number[]): Tensor => tensorFrom(Float32Array.from(values)).setRequiresGradient(true)

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const two = [pair('a', 16, 8), pair('b', 8, 24)]

describe('a step worked out by hand', () => {
  it.each([1, 1000])('bradley-terry, micro-batches of %i tokens', (microBatchTokens) => {
    const { result, gradient, recorded } = step(two, { objective: createObjective('bradley-terry'), microBatchTokens })
    // Rewards 2 against 1 and 1 against 3: d = 1 and -2, d d / d w = 1 and -2.
    const slope = (-sigmoid(-1) + 2 * sigmoid(2)) / 2
    expect(result.loss).toBeCloseTo(-(Math.log(sigmoid(1)) + Math.log(sigmoid(-2))) / 2, 12)
    expect(gradient).toBeCloseTo(slope, 6)
    expect(result.gradientNorm).toBeCloseTo(Math.abs(slope), 6)
    expect(result.rewards).toEqual({ chosen: Float64Array.of(2, 1), rejected: Float64Array.of(1, 3) })
    expect(result.tokens).toBe(8)
    expect(result.rewardDifference).toBeNull()
    expect(recorded).toEqual(microBatchTokens === 1 ? [true, true] : [true])
  })

  it('adaptive-margin: the model runs twice on each micro-batch, first without a graph', () => {
    const { result, gradient, recorded } = step(two)
    // mu = -0.5: the second pair lies below it, with d - mu = -1.5.
    expect(result.batchMargin).toBe(-0.5)
    expect(gradient).toBeCloseTo((-sigmoid(-1) + 2 * sigmoid(1.5)) / 2, 6)
    expect(result.rewardDifference).toBe(0)
    expect(recorded).toEqual([false, false, true, true])
  })

  it('a graph that is kept saves the second pass; room is asked for the tokens of the micro-batch', () => {
    const asked: number[] = []
    const keep = (kept: number) => (tokens: number) => asked.push(tokens) <= kept
    expect(step(two, { mayKeepGraph: keep(2) })).toMatchObject({ recorded: [true, true], gradient: step(two).gradient })
    expect(step(two, { mayKeepGraph: keep(3) }).recorded).toEqual([true, false, true])
    expect(asked).toEqual([4, 4, 4, 4])
  })

  it('gradients are scaled to the largest norm as by torch.nn.utils.clip_grad_norm_, whose 1e-6 shows on small ones', () => {
    const { gradient } = step(two)
    for (const share of [1e-6, 1e-3, 0.5]) {
      const clipped = step(two, { maxGradNorm: share * gradient })
      expect(clipped.gradient / ((share * gradient ** 2) / (gradient + 1e-6))).toBeCloseTo(1, 6)
      expect(clipped.result.gradientNorm).toBe(gradient)
    }
    expect(step(two, { maxGradNorm: 2 * gradient }).gradient).toBe(gradient)
    // Small gradients of their own: the pair is ranked well already.
    const small = [pair('a', 100, 4)]
    const tiny = step(small).gradient
    expect(Math.abs(tiny)).toBeLessThan(1e-4)
    const half = step(small, { maxGradNorm: Math.abs(tiny) / 2 }).gradient
    expect(half / ((tiny * Math.abs(tiny)) / 2 / (Math.abs(tiny) + 1e-6))).toBeCloseTo(1, 5)
  })

  it('the parameter moves against its gradient by the learning rate, the first step of Adam', () => {
    expect(step(two, { learningRate: 0.25, adamEpsilon: 0 }).after).toBe(0.75)
  })

  it.each([
    ['adaptive-margin', 4],
    ['bradley-terry', 2],
  ])('%s: whether to stop is asked before each of %i runs of the model', (name, runs) => {
    let asked = 0
    const stoppedAt = (last: number) => () => {
      asked = 0
      return step(two, { objective: createObjective(name), shouldStop: () => asked++ === last })
    }
    for (let last = 0; last < runs; last++) expect(stoppedAt(last)).toThrow('stopped on request')
    expect(stoppedAt(runs)).not.toThrow()
    expect(asked).toBe(runs)
  })
})

describe('two passes', () => {
  const inSecondPass = (difference: number) => (call: number) => (call === 0 ? 0 : difference)
  const differing = (batch: readonly EncodedGroup[], difference: number) => () =>
    step(batch, { added: inSecondPass(difference) })

  it('may differ by 1e-4 of the deviation of the rewards, and no more', () => {
    // Rewards of 2 and 6: their deviation is 2.
    const apart = [pair('a', 16, 48)]
    for (const sign of [1, -1]) expect(differing(apart, sign * 1.9e-4)().result.rewardDifference).toBeCloseTo(1.9e-4, 6)
    expect(differing(apart, 2.1e-4)).toThrow(
      /^the rewards of two passes differ by 0\.0002\d*, more than 1e-4 of their standard deviation 2, at the pairs a: .*; npx rewardkit doctor shows both$/,
    )
    expect(differing(apart, -2.1e-4)).toThrow('differ by')
    expect(differing(apart, NaN)).toThrow('differ by NaN')
  })

  it.each([1, -1, 0.25])('may differ by eight units in the last place where all rewards are %d', (w) => {
    const equal = [pair('a', 8, 8)]
    const unit = 2 ** -24 * w
    expect(step(equal, { w, added: inSecondPass(-8 * unit) }).result.rewardDifference).toBe(Math.abs(8 * unit))
    expect(() => step(equal, { w, added: inSecondPass(-9 * unit) })).toThrow('standard deviation 0, at the pairs a')
  })

  it('differ by what the worst micro-batch differs', () => {
    const batch = [pair('a', 16, 32), pair('b', 16, 32), pair('c', 16, 32)]
    const added = (call: number) => (call === 4 ? 2 ** -14 : 0)
    expect(step(batch, { added }).result.rewardDifference).toBe(2 ** -14)
  })
})

describe('values that are not finite', () => {
  const nine = Array.from({ length: 9 }, (_, i) => pair(`p${i}`, 8, 16))

  it('rewards: the pairs that have them are named', () => {
    const added = (call: number) => (call === 3 ? NaN : 0)
    const objective = createObjective('bradley-terry')
    expect(() => step(nine, { objective, added })).toThrow(
      'the loss is NaN; rewards are not finite in p3; look at these pairs, or give a lower learningRate',
    )
    expect(() => step(nine, { objective, w: Infinity })).toThrow(
      'not finite in p0, p1, p2, p3, p4, p5, p6, p7 and 1 more; look',
    )
    expect(() => step(nine.slice(1), { objective, w: NaN })).toThrow(
      'not finite in p1, p2, p3, p4, p5, p6, p7, p8; look',
    )
  })

  it('the loss alone: all pairs are named', () => {
    const objective = changed((result) => ({ ...result, loss: Infinity }))
    expect(() => step(two, { objective })).toThrow('the loss is Infinity; rewards are not finite in a, b; look')
  })

  it('the gradient alone: the norm is named, and the parameter stays', () => {
    const objective = changed((result) => ({ ...result, chosenGradient: Float64Array.of(Infinity, 0) }))
    expect(() => step(two, { objective })).toThrow(
      /^the gradient norm is (Infinity|NaN) at the pairs a, b; give a lower learningRate$/,
    )
  })

  it('a parameter without a gradient is named as such', () => {
    expect(() => step(two, { unused: true })).toThrow('a parameter of the model takes no part in the reward')
  })

  function changed(
    change: (result: ReturnType<Objective['evaluate']>) => ReturnType<Objective['evaluate']>,
  ): Objective {
    const plain = createObjective('bradley-terry')
    return { ...plain, evaluate: (rewards, state) => change(plain.evaluate(rewards, state)) }
  }
})
