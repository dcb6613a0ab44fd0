import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import type { RewardRow } from '../statistics/types.ts'
import { agreement } from './agreement.ts'
import { tableOf } from './reward-table.ts'

const row = (id: string, margin: number, grade?: number, prompt = id): RewardRow => ({
  schema_version: 1,
  id,
  prompt_id: prompt,
  subset: null,
  chosen_reward: margin,
  rejected_reward: 0,
  reward_margin: margin,
  ...(grade !== undefined && { annotated_margin: grade }),
})

const of = (...pairs: readonly (readonly [margin: number, grade?: number, prompt?: string])[]) =>
  agreement(tableOf(pairs.map(([margin, grade, prompt], i) => row(`${i}`, margin, grade, prompt ?? `${i}`))))

describe('agreement', () => {
  it('gives the correlations of scipy, on the pairs that have an annotated margin', () => {
    // scipy.stats.spearmanr and kendalltau of [1, 2, -1, 4, 3, 0, 5, 2] and [0, 1, 1, 2, 3, 0, 3, 2]
    const found = of([1, 0], [2, 1], [-1, 1], [4, 2], [9], [3, 3], [0, 0], [5, 3], [2, 2], [-7])
    expect(found).toMatchObject({ pairs: 8, prompts: 8, reason: null })
    expect(found?.spearman?.value).toBeCloseTo(0.8099531445617963, 12)
    expect(found?.kendall_tau_b?.value).toBeCloseTo(0.6678230711206282, 12)
    expect(found?.spearman?.low).toBeLessThan(found?.spearman?.value ?? NaN)
    expect(found?.kendall_tau_b?.p).toBeLessThan(0.1)
  })

  it('takes few different margins as grades', () => {
    const found = of([1, 0, 'p'], [-1, 0, 'p'], [2, 1, 'p'], [3, 1, 'q'], [-2, 1, 'r'], [5, 3])
    expect(found?.grades.map(({ from, to, pairs, prompts }) => [from, to, pairs, prompts])).toEqual([
      [0, 0, 2, 1],
      [1, 1, 3, 3],
      [3, 3, 1, 1],
    ])
    expect(found?.grades.map(({ accuracy }) => accuracy?.value)).toEqual([0.5, expect.closeTo(2 / 3, 12), 1])
    expect(found?.grades.map((grade) => grade.mean_reward_margin?.value)).toEqual([undefined, 1, undefined])
  })

  it('takes many in ranges of about equal size, equal ones together', () => {
    const margins = Array.from({ length: 100 }, (_, i) => (i < 30 ? 0 : i))
    const found = of(...margins.map((margin) => [1, margin] as const))
    expect(found?.grades.map(({ from, to, pairs }) => [from, to, pairs])).toEqual([
      [0, 0, 30],
      [30, 39, 10],
      [40, 59, 20],
      [60, 79, 20],
      [80, 99, 20],
    ])
  })

  it.each([
    [
      'all annotated margins are equal',
      [
        [1, 2],
        [2, 2],
      ],
    ],
    [
      'all reward margins are equal',
      [
        [1, 2],
        [1, 3],
      ],
    ],
    [
      'all pairs are of one prompt',
      [
        [1, 2, 'p'],
        [2, 3, 'p'],
      ],
    ],
  ] as const)('says that %s', (reason, pairs) => {
    expect(of(...pairs)).toMatchObject({ reason, spearman: null, kendall_tau_b: null })
  })

  it('is null without annotated margins', () => {
    expect(of([1], [2])).toBeNull()
  })

  it('finds independence in about 5 % of samples with four pairs a prompt that are alike', () => {
    const random = createRandom(2, 'size')
    let found = 0
    const runs = 200
    for (let run = 0; run < runs; run++) {
      const rows = Array.from({ length: 60 }, (_, prompt) => {
        const [margin, grade] = [random.normal(), random.normal()]
        return [0, 1, 2, 3].map((i) =>
          row(`${prompt}-${i}`, margin + random.normal() / 2, Math.round(2 * grade + random.normal()), `${prompt}`),
        )
      })
      if ((agreement(tableOf(rows.flat()))?.kendall_tau_b?.p ?? 1) < 0.05) found += 1
    }
    expect(found / runs).toBeLessThan(0.1)
    expect(found / runs).toBeGreaterThan(0.01)
  })
})
