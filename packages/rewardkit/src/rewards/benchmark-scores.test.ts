import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { tableOf } from '../analysis/reward-table.ts'
import type { Row } from '../data/fields.ts'
import { createRewardReader } from './reward-fields.ts'

interface Fixture {
  readonly rewardbench2: readonly { readonly groups: readonly Row[]; readonly scores: Record<string, number> }[]
  readonly rm_bench: {
    readonly prompts: readonly Row[]
    readonly matrix: number[][]
    readonly easy: number
    readonly normal: number
    readonly hard: number
  }
}

// What the benchmarks' own code finds in the same rewards (make_benchmarks.py).
const fixture = JSON.parse(
  readFileSync(new URL('../analysis/fixtures/benchmarks.json', import.meta.url), 'utf8'),
) as Fixture

/** What is said of the groups of such rows. */
function groupsIn(rows: readonly Row[]) {
  const reader = createRewardReader()
  return analyse(tableOf(rows.flatMap((row, index) => reader.read(row, `row-${index}`)))).groups
}

describe('RewardBench 2', () => {
  it.each(fixture.rewardbench2)('has the scores of its own package, Ties included: %#', ({ groups, scores }) => {
    const found = groupsIn(groups)?.rewardbench2
    for (const [name, score] of Object.entries(scores)) {
      const own = found?.subsets[name]?.score
      expect(own?.value, name).toBeCloseTo(score, 12)
      expect(own?.low).toBeLessThan(score)
      expect(own?.high).toBeGreaterThan(score)
    }
    const mean = Object.values(scores).reduce((sum, score) => sum + score, 0) / Object.keys(scores).length
    expect(found?.average.value).toBeCloseTo(mean, 12)
  })

  it('says why Ties has no score where ids do not say which questions belong together', () => {
    const found = groupsIn([{ id: 'x', subset: 'Ties', scores: [2, 1, 0], num_correct: 2 }])?.rewardbench2
    expect(found?.subsets['Ties']?.score).toMatchObject({
      value: null,
      reason: /the id "x" is neither ref:N nor tied:N/,
    })
    expect(found?.average.value).toBeNull()
  })
})

describe('best of K', () => {
  const groups = [
    { id: 'a', subset: 'Help/QA', prompt_id: 1, scores: [3, 1, 2], num_correct: 1 },
    { id: 'b', subset: 'Help/QA', prompt_id: 1, scores: [3, 3, 2], num_correct: 1 },
    { id: 'c', subset: 'Help/Code', prompt_id: 2, scores: [1, 0, 0, 2], num_correct: 1 },
    { id: 'd', subset: 'Safe', prompt_id: 3, scores: [1, 0], num_correct: 1 },
  ]

  it('is right where the chosen response is above all others; a tie is wrong, and pairs do not count', () => {
    expect(groupsIn(groups)?.best_of_k).toMatchObject({
      groups: 3,
      prompts: 2,
      least_responses: 3,
      most_responses: 4,
      chance: (1 / 3 + 1 / 3 + 1 / 4) / 3,
      ties: 1,
      accuracy: { value: expect.closeTo(1 / 3, 12) as number },
      subsets: { Help: { groups: 3 }, 'Help/QA': { groups: 2, prompts: 1, accuracy: { value: 0.5 } } },
    })
  })

  it('is not told of pairs that stand alone', () => {
    expect(groupsIn([{ chosen_reward: 1, rejected_reward: 0 }])).toBeUndefined()
  })
})

describe('RM-Bench', () => {
  it('has the matrix of styles and the three accuracies of its README', () => {
    const { prompts, matrix, easy, normal, hard } = fixture.rm_bench
    const found = groupsIn(prompts)?.rm_bench
    expect(found?.groups).toBe(60)
    for (const [row, cells] of matrix.entries())
      for (const [column, share] of cells.entries()) expect(found?.matrix[row]?.[column]).toBeCloseTo(share, 12)
    expect(found?.easy.value).toBeCloseTo(easy, 12)
    expect(found?.normal.value).toBeCloseTo(normal, 12)
    expect(found?.hard.value).toBeCloseTo(hard, 12)
    expect(found?.average.value).toBeCloseTo((easy + normal + hard) / 3, 12)
  })
})
