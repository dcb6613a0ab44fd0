import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { createRandom } from '../random.ts'
import { toBatchRewards } from './batch-rewards.ts'
import { createObjective } from './create-objective.ts'
import type { BatchRewards } from './objective.ts'
import { objectiveNames } from './objective-list.ts'
import { objectiveOptionsSchema } from './objective-options.ts'

const evaluate = (name: string, rewards: BatchRewards) => createObjective(name).evaluate(rewards, { runningMean: null })

describe('what an objective says of itself', () => {
  const pair = { chosen: Float64Array.of(1), rejected: Float64Array.of(0) }
  const columns = { margin: Float64Array.of(0.5), probability: Float64Array.of(0.5) }
  const throws = (name: string, rewards: BatchRewards) => {
    try {
      evaluate(name, rewards)
      return false
    } catch {
      return true
    }
  }

  it.each(objectiveNames)('%s: it needs the columns without which it throws', (name) => {
    const objective = createObjective(name)
    expect(objective.name).toBe(name)
    expect(objective.initialState).toEqual({ runningMean: null })
    expect(throws(name, { ...pair, ...columns })).toBe(false)
    expect(throws(name, { ...pair, probability: columns.probability })).toBe(objective.needsMargin)
    expect(throws(name, { ...pair, margin: columns.margin })).toBe(objective.needsProbability)
    for (const margin of [-2, -0.1, 0, 0.1, 2])
      expect(throws(name, { ...pair, ...columns, margin: Float64Array.of(margin) })).toBe(
        margin < (objective.leastMargin ?? -Infinity),
      )
  })
})

describe('options', () => {
  /** The first is the default; the last changes every objective that reads the option. */
  const choices = {
    gradientThroughMean: ['detached', 'through'],
    meanOver: ['batch', 'running', 1, 7],
    negativeMean: ['kept', 'clamped'],
    branches: ['together', 'separately'],
    marginOn: ['below-mean', 'random', 'above-mean'],
    labelSmoothing: [0, 0.1, 0.49],
    rewardCentering: [0, 0.01, 3],
  }
  const refused = {
    gradientThroughMean: [''],
    meanOver: ['', 0, -1, 1.5],
    negativeMean: ['', true],
    branches: [''],
    marginOn: ['', 'below'],
    labelSmoothing: [-0.1, 0.5, 1, NaN],
    rewardCentering: [-0.1, '1'],
  }

  const expected: Readonly<Record<string, string>> = {
    gradientThroughMean: 'detached or through',
    meanOver: 'batch, running or a whole number above 0',
    negativeMean: 'kept or clamped',
    branches: 'together or separately',
    marginOn: 'below-mean, above-mean or random',
    labelSmoothing: 'a number of at least 0 and below 0.5',
    rewardCentering: 'a number of at least 0',
  }

  it('have the first choice as their default', () => {
    const first = Object.fromEntries(Object.entries(choices).map(([option, [value]]) => [option, value]))
    expect(objectiveOptionsSchema.parse({})).toEqual({ ...first })
  })

  it.each(Object.entries(choices))('%s takes its choices', (option, values) => {
    for (const value of values)
      expect(objectiveOptionsSchema.parse({ [option]: value })).toMatchObject({ [option]: value })
  })

  it.each(Object.entries(refused))('%s refuses others and names itself', (option, values) => {
    for (const value of values) {
      const wrong = () => createObjective('bradley-terry', { [option]: value })
      expect(wrong).toThrow(InputError)
      const found = typeof value === 'string' ? `"${value}"` : String(value)
      expect(wrong).toThrow(`objective option ${option}: found ${found}, expected ${expected[option]}`)
    }
  })

  it.each([null, 'batch', 3])('are refused whole if they are %j', (options) => {
    expect(() => createObjective('batch-margin', options as unknown as object)).toThrow(
      'objective options: expected an object',
    )
  })

  const random = createRandom(5, 'options')
  const draw = (value: () => number) => Float64Array.from({ length: 15 }, value)
  const batches = Array.from({ length: 20 }, () => ({
    chosen: draw(() => 2 * random.normal() + 0.5),
    rejected: draw(() => random.normal()),
    margin: draw(() => random.integer(4)),
    probability: draw(() => random.uniform()),
  }))

  it.each(Object.entries(choices))('%s names the objectives that read it, or none if all do', (option, values) => {
    const gradients = (name: string, value: unknown) => {
      const objective = createObjective(name, { [option]: value })
      return batches.map((batch) => objective.evaluate(batch, objective.initialState).chosenGradient)
    }
    const reading = objectiveNames.filter(
      (name) => !isDeepStrictEqual(gradients(name, values[0]), gradients(name, values.at(-1))),
    )
    const key = objectiveOptionsSchema.keyof().parse(option)
    const { description = '' } = objectiveOptionsSchema.shape[key]
    const named = objectiveNames.filter((name) => description.includes(name))
    expect(reading).toEqual(named.length === 0 ? objectiveNames : named)
  })

  it('say what they do, and are found under their heading of the long help', () => {
    for (const option of Object.values(objectiveOptionsSchema.shape)) {
      expect(option.description).toMatch(/\w+ \w+/)
      expect(option.meta()).toMatchObject({ group: 'objective', advanced: true })
    }
  })
})

describe('mistakes', () => {
  it('other shapes than [B] are refused with what was found', () => {
    const expected = 'expected the same shape [B] for all'
    const remedy = 'flatten to one number per pair'
    const wrong = () => toBatchRewards({ chosen: [[1], [2]], rejected: [1, 2] })
    expect(wrong).toThrow(InputError)
    expect(wrong).toThrow(`rewards: found chosen [2, 1], rejected [2], ${expected}; ${remedy}`)
    expect(() => toBatchRewards({ chosen: [[1, 2]], rejected: [1] })).toThrow('found chosen [1, 2], rejected [1],')
    expect(() => toBatchRewards({ chosen: new Float32Array(2), rejected: [[], []] })).toThrow(
      `rewards: found chosen [2], rejected [2, 0], ${expected}; ${remedy}`,
    )
    const columns = { margin: [1], probability: [1, 0], weight: [] }
    expect(() => toBatchRewards({ chosen: [1], rejected: [0], ...columns })).toThrow(
      `rewards: found chosen [1], rejected [1], margin [1], probability [2], weight [0], ${expected}; ${remedy}`,
    )
    const typed = { chosen: new Float64Array(2), rejected: new Float64Array(1), weight: new Float64Array(2) }
    expect(() => evaluate('bradley-terry', typed)).toThrow(
      `rewards: found chosen [2], rejected [1], weight [2], ${expected}, B at least 1`,
    )
    expect(() => evaluate('bradley-terry', toBatchRewards({ chosen: [], rejected: [] }))).toThrow(
      `rewards: found chosen [0], rejected [0], ${expected}, B at least 1`,
    )
  })

  it('an unknown name is answered with the nearest', () => {
    expect(() => createObjective('adaptive-margins')).toThrow(
      'objective: found "adaptive-margins", which is not known; did you mean "adaptive-margin"?',
    )
    expect(() => createObjective('something else')).toThrow(`choose one of ${objectiveNames.join(', ')}`)
  })

  it('missing columns and values out of range are one line', () => {
    const rewards = toBatchRewards({ chosen: [1], rejected: [0] })
    const missing = 'was given, expected one for each pair; add them or choose bradley-terry'
    expect(() => evaluate('annotated-margin', rewards)).toThrow(`annotated-margin: no margin ${missing}`)
    expect(() => evaluate('soft-label', rewards)).toThrow(`soft-label: no probability ${missing}`)
    for (const value of [-0.1, 1.1])
      expect(() => evaluate('soft-label', { ...rewards, probability: Float64Array.of(value) })).toThrow(
        `soft-label: found probability ${value}, expected a number from 0 to 1`,
      )
    expect(() => evaluate('scaled-bradley-terry', { ...rewards, margin: Float64Array.of(-1) })).toThrow(
      'scaled-bradley-terry: found margin -1, expected 0 or more',
    )
  })
})
