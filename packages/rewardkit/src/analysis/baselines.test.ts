import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { clustersOf } from '../statistics/clusters.ts'
import { clusteredShare, clusteredShareDifference } from '../statistics/intervals.ts'
import type { RewardRow } from '../statistics/types.ts'
import { compareWithBaselines } from './baselines.ts'
import { rowsOf, selectPairs, tableOf } from './reward-table.ts'

function row(i: number, margin: number, others: Partial<RewardRow> = {}): RewardRow {
  return {
    schema_version: 1,
    id: `${i}`,
    prompt_id: `p${Math.floor(i / 2)}`,
    subset: null,
    chosen_reward: margin,
    rejected_reward: 0,
    reward_margin: margin,
    ...others,
  }
}

describe('compareWithBaselines', () => {
  const margins = [1, -1, 2, 1, 0, 1]
  const bag = [1, 1, -1, 0, 1, -2]

  it('pairs the model with a baseline, whose ties count one half and the model none', () => {
    const rows = margins.map((margin, i) => row(i, margin, { baseline_margins: { bag_of_words: at(bag, i) } }))
    const { bag_of_words: found, ...others } = compareWithBaselines(tableOf(rows))
    const clusters = clustersOf(['a', 'a', 'b', 'b', 'c', 'c'])
    const right = [1, 1, 0, 0.5, 1, 0]
    expect(others).toEqual({})
    expect(found?.accuracy).toEqual(clusteredShare(right, clusters))
    expect(found?.difference).toEqual(clusteredShareDifference([0, -1, 1, 0.5, -1, 1], clusters))
    expect(found).toMatchObject({ pairs: 6, beats: 'not told apart' })
  })

  it('reads lengths for longer wins, and its subsets', () => {
    const rows = margins.map((margin, i) =>
      row(i, margin, { chosen_tokens: 5, rejected_tokens: 4 + (i % 3), subset: i < 4 ? 'x/a' : 'x/b' }),
    )
    const found = compareWithBaselines(tableOf(rows)).longer_wins
    expect(found?.accuracy.value).toBe(0.5)
    expect(Object.entries(found?.subsets ?? {}).map(([name, { value }]) => [name, value])).toEqual([
      ['x', 0.5],
      ['x/a', 0.625],
      ['x/b', 0.25],
    ])
  })

  it('leaves out pairs without a margin', () => {
    const rows = margins.map((margin, i) =>
      row(i, margin, i < 2 ? {} : { baseline_margins: { log_likelihood: at(bag, i) } }),
    )
    const found = compareWithBaselines(tableOf(rows)).log_likelihood
    expect(found?.pairs).toBe(4)
    expect(found?.accuracy.value).toBe(0.375)
    expect(found?.difference.value).toBe(0.375)
  })

  it.each([
    [1, -1, 'yes'],
    [-1, 1, 'no'],
    [1, 1, 'not told apart'],
  ])('reward margins of %d beside %d: %s', (margin, theirs, expected) => {
    const rows = Array.from({ length: 60 }, (_, i) => row(i, margin, { baseline_margins: { bag_of_words: theirs } }))
    expect(compareWithBaselines(tableOf(rows)).bag_of_words?.beats).toBe(expected)
  })

  it('tells nothing apart on one prompt', () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      row(i, 1, { prompt_id: 'p', baseline_margins: { bag_of_words: -1 } }),
    )
    expect(compareWithBaselines(tableOf(rows)).bag_of_words?.beats).toBe('not told apart')
  })
})

it('margins of baselines come back from a table, and go with the pairs that are selected', () => {
  const rows = [row(0, 1, { baseline_margins: { bag_of_words: 0.5, log_likelihood: -3 } }), row(1, 2)]
  const table = tableOf(rows)
  expect([...rowsOf(table)]).toEqual(rows)
  expect([...rowsOf(selectPairs(table, Int32Array.of(1, 0)))]).toEqual(rows.toReversed())
  expect(tableOf([row(1, 2)]).baselineMargins).toBeUndefined()
})
