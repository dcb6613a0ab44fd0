import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import type { RewardRow } from '../statistics/types.ts'
import { tableOf } from './reward-table.ts'
import { summarizePairs } from './pair-summary.ts'
import { subsetMeans } from './subset-means.ts'

const row = (subset: string | null, isRight: boolean, prompt: string): RewardRow => ({
  schema_version: 1,
  id: '',
  prompt_id: prompt,
  subset,
  chosen_reward: isRight ? 1 : 0,
  rejected_reward: isRight ? 0 : 1,
  reward_margin: isRight ? 1 : -1,
})

describe('subsetMeans', () => {
  it('weighs pairs alike, or subsets alike; pairs without a subset are left out', () => {
    const rows = [row('a', true, '1'), row('a', true, '2'), row('a', false, '3'), row('b', false, '4')]
    const means = subsetMeans(tableOf([...rows, row(null, true, '5')]))
    expect(means).toMatchObject({ subsets: 2, pairs: 4, weighted: { value: 0.5 }, unweighted: { value: 1 / 3 } })
    expect(subsetMeans(tableOf(rows.slice(0, 3)))).toBeUndefined()
  })

  it('is as wide as the accuracy where all pairs are right', () => {
    const table = tableOf(Array.from({ length: 30 }, (_, i) => row(i % 2 === 0 ? 'a' : 'b', true, `${i}`)))
    const { accuracy } = summarizePairs(table)
    expect(subsetMeans(table)).toMatchObject({ weighted: accuracy, unweighted: accuracy })
  })

  it('of pairs is the accuracy, with its interval', () => {
    // Prompts of five pairs, which are right together more often than not.
    const isRight = (i: number) => (Math.floor(i / 5) % 4) * 2 + (i % 5) > 3
    const rows = Array.from({ length: 80 }, (_, i) => row(i % 3 === 0 ? 'a' : 'b', isRight(i), `${Math.floor(i / 5)}`))
    const table = tableOf(rows)
    expect(subsetMeans(table)?.weighted).toEqual(summarizePairs(table).accuracy)
  })

  it('says why there is no interval for one prompt', () => {
    const means = subsetMeans(tableOf([row('a', true, '1'), row('b', false, '1')]))
    expect(means?.unweighted).toMatchObject({ value: 0.5, low: null, reason: /same prompt/ })
    expect(means?.weighted).toEqual(means?.unweighted)
  })

  it('has no interval where a subset has one prompt', () => {
    const rows = Array.from({ length: 40 }, (_, i) => row(i < 33 ? 'a' : 'b', i % 3 > 0, `${i < 33 ? i % 9 : 'last'}`))
    const table = tableOf(rows)
    const means = subsetMeans(table)
    expect(means?.unweighted).toMatchObject({
      low: null,
      reason: 'b has one prompt, so its spread over prompts is unknown',
    })
  })

  it('covers the true mean of subsets with few prompts', () => {
    const random = createRandom(6, 'small subsets')
    const trials = 1000
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const rows = Array.from({ length: 60 }, (_, i) => row(`s${i % 20}`, random.uniform() < 0.7, `${i}`))
      const { low, high } = subsetMeans(tableOf(rows))?.unweighted ?? {}
      if ((low ?? 1) <= 0.7 && 0.7 <= (high ?? 0)) covered++
    }
    // 95 % of 1,000 has a standard error of 0.7 points.
    expect(covered / trials).toBeGreaterThan(0.925)
    expect(covered / trials).toBeLessThan(0.98)
  })

  it('covers the true mean where prompts occur in several subsets', () => {
    const random = createRandom(5, 'subset means')
    const accuracies = { a: 0.8, b: 0.6, c: 0.7 }
    const trials = 600
    let covered = 0
    for (let trial = 0; trial < trials; trial++) {
      const rows: RewardRow[] = []
      for (let prompt = 0; prompt < 120; prompt++) {
        // Half of the time a pair takes what its prompt decides for all of them.
        const common = random.uniform()
        for (const [subset, accuracy] of Object.entries(accuracies))
          if (subset !== 'c' || prompt < 30)
            rows.push(row(subset, (random.uniform() < 0.5 ? common : random.uniform()) < accuracy, `${prompt}`))
      }
      const { low, high } = subsetMeans(tableOf(rows))?.unweighted ?? {}
      if ((low ?? 1) <= 0.7 && 0.7 <= (high ?? 0)) covered++
    }
    // 95 % of 600 has a standard error of 0.9 points.
    expect(covered / trials).toBeGreaterThan(0.925)
    expect(covered / trials).toBeLessThan(0.975)
  })
})
