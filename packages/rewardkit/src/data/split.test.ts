import { describe, expect, it } from 'vitest'
import { pairGroup } from './build.ts'
import { resolveMargins } from './margins.ts'
import { splitByPrompt } from './split.ts'

const groups = Array.from({ length: 200 }, (_, index) =>
  pairGroup({
    id: `${index}`,
    prompt: `prompt ${index % 40}`,
    chosen: `good ${index}`,
    rejected: `bad ${index}`,
    ...(index % 4 === 0 ? {} : { margin: index }),
  }),
)

describe('splitByPrompt', () => {
  it('keeps prompts together, loses nothing and meets the fraction', () => {
    const { train, evaluation } = splitByPrompt(groups, 0.2, 1)
    const trained = new Set(train.map(({ promptId }) => promptId))
    expect(evaluation.some(({ promptId }) => trained.has(promptId))).toBe(false)
    expect(train.length + evaluation.length).toBe(200)
    expect(evaluation).toHaveLength(40)
  })

  it('depends on the seed alone', () => {
    expect(splitByPrompt(groups, 0.2, 1)).toEqual(splitByPrompt(groups, 0.2, 1))
    expect(splitByPrompt(groups, 0.2, 2)).not.toEqual(splitByPrompt(groups, 0.2, 1))
  })

  it('refuses fractions and data that leave a part empty', () => {
    expect(() => splitByPrompt(groups, 1, 1)).toThrow(/found 1, expected a number between 0 and 1/)
    expect(() =>
      splitByPrompt(
        groups.filter((_, index) => index % 40 === 0),
        0.5,
        1,
      ),
    ).toThrow(/1 prompts leaves one part/)
  })
})

describe('resolveMargins', () => {
  it('counts the missing margins and names the option', () => {
    expect(() => resolveMargins(groups, { path: 'p.jsonl', missingMargin: 'error' })).toThrow(
      /^p.jsonl: 50 of 200 preferences have no margin.*--missing-margin drop/,
    )
  })

  it('drops or fills them when asked', () => {
    const kept = resolveMargins(groups, { path: 'p.jsonl', missingMargin: 'drop' })
    expect([kept.groups.length, kept.dropped]).toEqual([150, 50])
    const filled = resolveMargins(groups, { path: 'p.jsonl', missingMargin: 0.5 })
    expect([filled.groups.length, filled.dropped]).toEqual([200, 0])
    expect(filled.groups[0]?.preferences[0]?.margin).toBe(0.5)
    expect(filled.groups[1]?.preferences[0]?.margin).toBe(1)
  })

  it('names the pair whose margin the objective cannot use', () => {
    const first = groups[1]?.id
    expect(() => resolveMargins(groups, { path: 'p.jsonl', missingMargin: 0, leastMargin: 3 })).toThrow(
      `p.jsonl: 2 of 200 pairs have a margin below 3 (the first is ${first}: 1)`,
    )
    expect(() => resolveMargins(groups, { path: 'p.jsonl', missingMargin: -1, leastMargin: 0 })).toThrow(
      '--missing-margin',
    )
  })

  it('says that no preference has a margin', () => {
    const none = groups.filter((_, index) => index % 4 === 0)
    for (const missingMargin of ['error', 'drop'] as const) {
      expect(() => resolveMargins(none, { path: 'p.jsonl', missingMargin })).toThrow(
        /^p.jsonl: none of the 50 preferences has a margin/,
      )
    }
  })
})
