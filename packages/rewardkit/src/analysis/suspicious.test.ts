import { expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import type { RewardRow } from '../statistics/types.ts'
import { labelNoise } from './label-noise.ts'
import { promptClusters, tableOf } from './reward-table.ts'
import { suspiciousPairs } from './suspicious.ts'

const row = (id: string, chosen: number, rejected: number, more: Partial<RewardRow> = {}): RewardRow => ({
  schema_version: 1,
  id,
  prompt_id: `p ${id}`,
  subset: null,
  chosen_reward: chosen,
  rejected_reward: rejected,
  reward_margin: chosen - rejected,
  ...more,
})

const noise = (temperature: number | null, rate: number | null) => ({
  model: 'symmetric_flips' as const,
  rate: rate === null ? null : { value: rate, low: 0, high: 1 },
  fitting: null,
  temperature,
  reason: null,
})

it('lists pairs with their reasons, the most telling first', () => {
  // The median size of a margin is 2; rewards lie around 1 with a median distance of 1.
  const table = tableOf([
    row('right', 2, 0),
    row('wrong', 0, 2.3),
    row('a bit wrong', 0, 2.1),
    row('very wrong', -1, 3),
    row('tie', 1, 1),
    row('nearly', 1, 0.95),
    row('far', 9, 7),
    row('fine', 2, 0),
    row('again', 2.2, 0),
  ])
  const { counts, rows } = suspiciousPairs(table, noise(1, 0.1))
  const found = [...rows()]
  expect(found.map(({ id, reasons }) => [id, ...reasons])).toEqual([
    ['very wrong', 'confidently_wrong'],
    ['wrong', 'confidently_wrong'],
    ['far', 'outlier'],
    ['tie', 'near_tie'],
    ['nearly', 'near_tie'],
  ])
  expect(counts).toEqual({ pairs: 5, confidently_wrong: 2, contradiction: null, outlier: 1, near_tie: 2 })
  expect(found[1]).toEqual({
    schema_version: 1,
    id: 'wrong',
    prompt_id: 'p wrong',
    reasons: ['confidently_wrong'],
    reward_margin: -2.3,
    chosen_reward: 0,
    rejected_reward: 2.3,
    label_probability: expect.closeTo(1 / (1 + Math.exp(2.3)), 12),
    wrong_label_probability: expect.closeTo(0.1 / (0.1 + 0.9 * Math.exp(-2.3)), 12),
    outlier_score: expect.closeTo(1.3 / 1.4826, 9),
  })
})

it('names pairs that contradict earlier ones, and gives all reasons of a pair', () => {
  const texts = { turns: 1, chosen_characters: 1, rejected_characters: 1, chosen_marks: [], rejected_marks: [] }
  const table = tableOf([row('a', 3, 0, texts), row('b', 0, 3, { ...texts, contradicts: 'a' }), row('c', 3, 0, texts)])
  const { counts, rows } = suspiciousPairs(table, noise(1, null))
  expect([...rows()]).toMatchObject([
    { id: 'b', reasons: ['confidently_wrong', 'contradiction'], wrong_label_probability: null },
  ])
  expect(counts).toEqual({ pairs: 1, confidently_wrong: 1, contradiction: 1, outlier: 0, near_tie: 0 })
})

it('says nothing of confidence without a temperature, nor of outliers where half of the rewards are equal', () => {
  const { counts, rows } = suspiciousPairs(tableOf([row('a', 1, 1), row('b', 1, 1), row('c', 1, 9)]), noise(null, null))
  expect(counts).toEqual({ pairs: 2, confidently_wrong: null, contradiction: null, outlier: null, near_tie: 2 })
  expect([...rows()][0]).toMatchObject({ label_probability: null, wrong_label_probability: null, outlier_score: null })
})

it('finds the labels that were flipped', () => {
  const random = createRandom(1, 'flips')
  const flipped = new Set<string>()
  const table = tableOf(
    Array.from({ length: 3000 }, (_, i) => {
      const margin = Math.abs(4 * random.normal()) + random.normal()
      const isFlipped = random.uniform() < 0.1
      if (isFlipped) flipped.add(`${i}`)
      return isFlipped ? row(`${i}`, 0, margin) : row(`${i}`, margin, 0)
    }),
  )
  const { rows } = suspiciousPairs(table, labelNoise(table.margins, promptClusters(table)))
  const wrong = [...rows()].filter(({ reasons }) => reasons.includes('confidently_wrong'))
  const share = wrong.filter(({ id }) => flipped.has(id)).length / wrong.length
  const expected = wrong.reduce((sum, one) => sum + (one.wrong_label_probability ?? NaN), 0) / wrong.length
  expect(wrong.length).toBeGreaterThan(150)
  expect(share).toBeGreaterThan(0.9)
  expect(Math.abs(share - expected)).toBeLessThan(0.08)
})
