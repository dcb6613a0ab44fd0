import { describe, expect, it } from 'vitest'
import type { RewardRow } from '../statistics/types.ts'
import { rowsOf, selectPairs, tableOf } from './reward-table.ts'

const row = (id: string, prompt: string, subset: string | null, margin: number): RewardRow => ({
  schema_version: 1,
  id,
  prompt_id: prompt,
  subset,
  chosen_reward: margin,
  rejected_reward: 0,
  reward_margin: margin,
  chosen_tokens: 3,
  rejected_tokens: 2,
  truncated: false,
})

describe('tableOf', () => {
  it('numbers prompts and subsets in the order in which they first appear', () => {
    const table = tableOf([row('a', 'p', null, 1), row('b', 'q', 's', -1), row('c', 'p', 't', 2)])
    expect([...table.promptOf]).toEqual([0, 1, 0])
    expect(table.promptIds).toEqual(['p', 'q'])
    expect([...table.subsetOf]).toEqual([-1, 0, 1])
    expect([...table.margins]).toEqual([1, -1, 2])
    expect(table.annotatedMargins).toBeUndefined()
  })

  it('has NaN for a pair without an annotated margin where others have one', () => {
    const table = tableOf([{ ...row('a', 'p', null, 1), annotated_margin: 2 }, row('b', 'p', null, 1)])
    expect([...(table.annotatedMargins ?? [])]).toEqual([2, NaN])
  })
})

describe('rowsOf', () => {
  it('gives back the rows of a table, without what they did not have', () => {
    const rows: RewardRow[] = [
      { ...row('a', 'p', null, 1), annotated_margin: 2 },
      row('b', 'q', 's', -1),
      { ...row('c', 'p', 't', 2), truncated: true },
    ]
    expect([...rowsOf(tableOf(rows))]).toEqual(rows)
    const { chosen_tokens: _, rejected_tokens: __, truncated: ___, ...plain } = row('d', 'p', null, 1)
    expect([...rowsOf(tableOf([plain]))]).toEqual([plain])
  })
})

describe('selectPairs', () => {
  it('is the table of these rows alone', () => {
    const rows = [row('a', 'p', 's', 1), row('b', 'q', null, -1), row('c', 'r', 't', 2), row('d', 'q', 's', 3)]
    expect(selectPairs(tableOf(rows), Int32Array.of(3, 1))).toEqual(tableOf([rows[3], rows[1]].filter((one) => !!one)))
  })
})
