import { describe, expect, it } from 'vitest'
import { pairGroup } from './build.ts'
import { checkMargins, withMargins } from './missing-margins.ts'
import { createPromptSplit } from './prompt-split.ts'
import { createTally } from './tally.ts'

const groups = Array.from({ length: 200 }, (_, index) =>
  pairGroup({
    id: `${index}`,
    prompt: `prompt ${index % 40}`,
    chosen: `good ${index}`,
    rejected: `bad ${index}`,
    ...(index % 4 === 0 ? {} : { margin: index }),
  }),
)

/** The groups that are held out, and the others. */
function split(some: typeof groups, fraction: number, seed: number) {
  const prompts = createPromptSplit()
  for (const { promptId } of some) prompts.add(promptId)
  const isHeldOut = prompts.split(fraction, seed)
  return {
    train: some.filter(({ promptId }) => !isHeldOut(promptId)),
    evaluation: some.filter(({ promptId }) => isHeldOut(promptId)),
  }
}

describe('createPromptSplit', () => {
  it('keeps prompts together, loses nothing and meets the fraction', () => {
    const { train, evaluation } = split(groups, 0.2, 1)
    const trained = new Set(train.map(({ promptId }) => promptId))
    expect(evaluation.some(({ promptId }) => trained.has(promptId))).toBe(false)
    expect(train.length + evaluation.length).toBe(200)
    expect(evaluation).toHaveLength(40)
  })

  it('depends on the seed alone', () => {
    expect(split(groups, 0.2, 1)).toEqual(split(groups, 0.2, 1))
    expect(split(groups, 0.2, 2)).not.toEqual(split(groups, 0.2, 1))
  })

  it('refuses fractions and data that leave a part empty', () => {
    expect(() => split(groups, 1, 1)).toThrow(/found 1, expected a number between 0 and 1/)
    const onePrompt = groups.filter((_, index) => index % 40 === 0)
    expect(() => split(onePrompt, 0.1, 1)).toThrow(/1 prompt leaves one part/)
  })
})

describe('margins', () => {
  const tallyOf = (some: typeof groups, leastMargin?: number) => {
    const tally = createTally(leastMargin)
    for (const group of some) tally.add(group)
    return tally
  }

  it('are counted where they are missing, with the option', () => {
    expect(() => checkMargins(tallyOf(groups), { path: 'p.jsonl', missingMargin: 'error' })).toThrow(
      /^p\.jsonl: 50 of 200 preferences have no margin.*missingMargin: 'drop'/,
    )
    for (const missingMargin of ['drop', 1] as const) {
      expect(() => checkMargins(tallyOf(groups), { path: 'p.jsonl', missingMargin })).not.toThrow()
    }
  })

  it('are reported if the objective cannot use them', () => {
    const tally = tallyOf(groups, 3)
    expect(() => checkMargins(tally, { path: 'p.jsonl', missingMargin: 5, leastMargin: 3 })).toThrow(
      'p.jsonl: 2 of 200 preferences have a margin below 3 (the first is 1: 1)',
    )
    expect(() => checkMargins(tally, { path: 'p.jsonl', missingMargin: -1, leastMargin: 0 })).toThrow('missingMargin')
  })

  it('are all missing', () => {
    const none = tallyOf(groups.filter((_, index) => index % 4 === 0))
    for (const missingMargin of ['error', 'drop'] as const) {
      expect(() => checkMargins(none, { path: 'p.jsonl', missingMargin })).toThrow(
        /^p\.jsonl: none of the 50 preferences has a margin/,
      )
    }
  })

  it('are left out or filled in when asked', () => {
    const [without, present] = groups
    if (!without || !present) throw new Error('no groups')
    expect(withMargins(without, 'drop').preferences).toEqual([])
    expect(withMargins(without, 0.5).preferences).toEqual([{ chosen: 0, rejected: 1, margin: 0.5 }])
    expect(withMargins(present, 0.5)).toEqual(present)
  })
})
