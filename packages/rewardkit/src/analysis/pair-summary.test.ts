import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { summarizePairs, summarizeSubsets, trueLabelAccuracy } from './pair-summary.ts'
import { formatSummary, formatTable } from '../evaluate/table.ts'
import type { RewardRow } from '../statistics/types.ts'
import { tableOf } from './reward-table.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { writeEvaluation } from '../rewards/write-evaluation.ts'

function row(margin: number, rest: Partial<RewardRow> = {}): RewardRow {
  return {
    schema_version: 1,
    id: 'pair',
    prompt_id: 'prompt',
    subset: null,
    chosen_reward: margin,
    rejected_reward: 0,
    reward_margin: margin,
    chosen_tokens: 10,
    rejected_tokens: 10,
    truncated: false,
    ...rest,
  }
}

const rows = [
  row(1, { prompt_id: 'a', subset: 'x', chosen_tokens: 12 }),
  row(0, { prompt_id: 'a', subset: 'y', chosen_tokens: 8 }),
  row(-2, { prompt_id: 'b', subset: 'x', chosen_tokens: 11 }),
  row(3, { prompt_id: 'c' }),
]

describe('summarizePairs', () => {
  it('counts ties as not correct and equal lengths one half', () => {
    const summary = summarizePairs(tableOf(rows))
    expect(summary).toMatchObject({ pairs: 4, prompts: 3, ties: 1 })
    expect(summary.accuracy.value).toBe(0.5)
    expect(summary.longer_wins.value).toBe((1 + 0 + 1 + 0.5) / 4)
    expect(summary.reward_margin).toMatchObject({ mean: 0.5, share_below_zero: 0.25 })
    // Without prompt b, no pair is ranked wrongly.
    expect(summary.log_loss_after_temperature).toBeNaN()
    expect(summary.temperature).toBeNaN()
    for (const { value, low, high } of [summary.accuracy, summary.longer_wins]) {
      expect(low).toBeLessThan(value)
      expect(high).toBeGreaterThan(value)
    }
  })

  it('measures length in characters where tokens are not known, and says nothing without lengths', () => {
    const { chosen_tokens: _, rejected_tokens: __, ...plain } = row(1)
    const ofLengths = (chosen: number, rejected: number) => ({
      ...plain,
      chosen_characters: chosen,
      rejected_characters: rejected,
      chosen_marks: [],
      rejected_marks: [],
    })
    expect(summarizePairs(tableOf([ofLengths(5, 3), ofLengths(2, 2)])).longer_wins.value).toBe(0.75)
    expect(summarizePairs(tableOf([ofLengths(5, 3), plain])).longer_wins.value).toBeNaN()
  })

  it('refuses no pairs, and rewards that are not finite, by name', () => {
    expect(() => summarizePairs(tableOf([]))).toThrow('found no pairs')
    expect(() => summarizePairs(tableOf([row(1), row(NaN, { id: 'broken' })]))).toThrow(
      'pair broken: the reward margin is NaN',
    )
  })

  it('summarises each subset', () => {
    const subsets = summarizeSubsets(tableOf(rows))
    expect(Object.keys(subsets)).toEqual(['x', 'y'])
    expect(subsets['x']?.pairs).toBe(2)
    expect(subsets['y']?.accuracy.value).toBe(0)
  })

  it('unites the subsets of a data set, where it has several', () => {
    const named = ['a/x', 'a/y', 'b/z', 'c'].map((subset, index) => row(index, { subset }))
    const subsets = summarizeSubsets(tableOf(named))
    expect(Object.entries(subsets).map(([name, { pairs }]) => [name, pairs])).toEqual([
      ['a', 2],
      ['a/x', 1],
      ['a/y', 1],
      ['b/z', 1],
      ['c', 1],
    ])
  })

  it('knows whether the ranking is truly right where labels were flipped', () => {
    expect(trueLabelAccuracy(tableOf(rows), [1, 1, -1, -1]).value).toBe(0.5)
  })
})

describe('tables', () => {
  it('align names to the left and numbers to the right', () => {
    expect(
      formatTable(
        ['name', 'n'],
        [
          ['a', '1'],
          ['long name', '100'],
        ],
      ),
    ).toBe(['name         n', '---------  ---', 'a            1', 'long name  100'].join('\n'))
  })

  it('put models side by side, with a dash for undefined values', () => {
    const table = formatSummary({ first: summarizePairs(tableOf(rows)), second: summarizePairs(tableOf([row(1)])) })
    const lines = table.split('\n')
    expect(lines[0]).toMatch(/^ +first +second$/)
    expect(lines.find((line) => line.startsWith('standard deviation'))).toMatch(/2\.082 +-$/)
    expect(lines.find((line) => line.startsWith('ties'))).toMatch(/ 1 +0$/)
  })
})

it('writeEvaluation writes rows and summary, NaN as null', () => {
  const folder = mkdtempSync(join(tmpdir(), 'evaluation-'))
  try {
    const one = [row(1)]
    const summary: EvaluationSummary = {
      schema_version: 2,
      versions: {},
      model: { path: 'model', sha256: '', dtype: 'float32', pool: 'end' },
      data: { path: 'data', sha256: '' },
      read: 1,
      dropped: {},
      truncated: 0,
      ...summarizePairs(tableOf(one)),
      subsets: {},
    }
    writeEvaluation(join(folder, 'new'), tableOf(one), summary)
    expect(readFileSync(join(folder, 'new', 'rewards.jsonl'), 'utf8')).toBe(`${JSON.stringify(one[0])}\n`)
    const written: unknown = JSON.parse(readFileSync(join(folder, 'new', 'summary.json'), 'utf8'))
    expect(written).toMatchObject({ pairs: 1, reward_margin: { mean: 1, standard_deviation: null } })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
