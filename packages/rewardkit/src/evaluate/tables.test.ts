import { describe, expect, it } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { tableOf } from '../analysis/reward-table.ts'
import type { RewardRow } from '../statistics/types.ts'
import { formatBaselines } from './baseline-table.ts'
import { groupTables } from './group-tables.ts'
import { formatSubsets, subsetTable } from './subset-table.ts'
import { formatColumns, formatMarkdownTable, formatSummary, formatTable, lineWidth } from './table.ts'

const row = (index: number, rest: Partial<RewardRow> = {}): RewardRow => ({
  schema_version: 1,
  id: `${index}`,
  prompt_id: `${index}`,
  subset: null,
  chosen_reward: Math.sin(index),
  rejected_reward: 0,
  reward_margin: Math.sin(index),
  ...rest,
})
const rows = (subsets: readonly string[]) =>
  analyse(tableOf(Array.from({ length: 40 }, (_, i) => row(i, { subset: subsets[i % subsets.length] ?? null }))))

const widthOf = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

it.each([
  ['an escape sequence', '\u001B[31mred\u0007', '␛[31mred␇'],
  ['a line end', 'one\ntwo', 'one two'],
  ['a character that reorders text', '\u202Eabc', '\uFFFDabc'],
  ['a long name', '𝒳'.repeat(1000), `${'𝒳'.repeat(59)}…`],
])('shows %s of a name as text of one line', (_, name, shown) => {
  expect(
    formatTable(['subset', 'pairs'], [[name, '1']])
      .split('\n')[2]
      ?.split(/ +1$/)[0],
  ).toBe(shown)
  expect(formatColumns(['subset', 'pairs'], [[name, '1']]).split('\n')).toHaveLength(3)
  expect(formatMarkdownTable(['subset', 'pairs'], [[name, '1']])).not.toMatch(/(?!\n)\p{Cc}|\u202E/u)
})

describe('formatBaselines', () => {
  it('gives a difference without an interval for one prompt', () => {
    const tokens = { chosen_tokens: 2, rejected_tokens: 1, prompt_id: 'one' }
    const { baselines } = analyse(tableOf([0, 1, 2, 3].map((index) => row(index, tokens))))
    expect(formatBaselines({ baselines })).toMatch(/ -25\.0  not told apart$/)
  })
})

describe('formatColumns', () => {
  it('goes on below, with the first column again, where columns do not fit', () => {
    const wide = 'x'.repeat(30)
    expect(formatColumns(['', 'a', 'b', 'c'], [['name', wide, wide, wide]])).toBe(
      [`${' '.repeat(35)}a${' '.repeat(31)}b`, `----  ${'-'.repeat(30)}  ${'-'.repeat(30)}`, `name  ${wide}  ${wide}`]
        .concat('', `${' '.repeat(35)}c`, `----  ${'-'.repeat(30)}`, `name  ${wide}`)
        .join('\n'),
    )
  })

  it('keeps summaries of several models within a line', () => {
    const summary = rows(['a', 'b'])
    const text = formatSummary({ first: summary, second: summary, third: summary })
    expect(widthOf(text)).toBeLessThanOrEqual(lineWidth)
    expect(text.match(/^accuracy/gm)).toHaveLength(2)
  })
})

describe('subsets', () => {
  it('are listed below the part before their slash, and the two means follow', () => {
    const summary = rows(['Help/QA', 'Safe', 'Help/Code/Python', 'Help/Code/C'])
    const names = formatSubsets(summary)
      .split('\n')
      .slice(2)
      .map((line) => line.replace(/ {2,}\d.*$/, ''))
    expect(names).toEqual(['Help', '  QA', '  Code', '    Python', '    C', 'Safe', 'mean of pairs', 'mean of subsets'])
    expect(subsetTable(summary)?.rows.map(([name]) => name)).toContain('Help/Code/Python')
    expect(subsetTable(rows([]))).toBeUndefined()
  })

  it('lose columns before they make lines too long', () => {
    const text = formatSubsets(rows(['GeneralExcerpt Language Translation', 'b']))
    expect(text).not.toContain('mean / sd')
    expect(widthOf(text)).toBeLessThanOrEqual(lineWidth)
  })
})

it('groups have a table for each kind that there is', () => {
  const group = (index: number, rejected: number, margin: number, rest: Partial<RewardRow> = {}) =>
    row(index, {
      group_id: `${index}`,
      chosen_response: 0,
      rejected_response: rejected,
      reward_margin: margin,
      rejected_reward: -margin,
      chosen_reward: 0,
      ...rest,
    })
  const best = analyse(tableOf([group(1, 1, 1), group(1, 2, 2), group(2, 1, 1), group(2, 2, -1)]))
  expect(groupTables(best)).toEqual([
    {
      header: ['best of 3', 'groups', 'prompts', 'accuracy % (95 %)'],
      rows: [
        ['all', '2', '2', '50.0 (9.5-90.5)'],
        ['ties, which are wrong', '0', '', ''],
        ['chance', '', '', '33.3'],
      ],
    },
  ])
  const styles = analyse(tableOf([0, 1, 2].map((i) => group(1, 3, 1, { chosen_response: i, layout: 'rm-bench' }))))
  const [easy, matrix] = groupTables(styles)
  expect(easy?.rows).toEqual([['all', '1', '100.0 (20.7-100.0)', '100.0 (20.7-100.0)', '-']])
  expect(matrix?.rows).toEqual(
    ['concise', 'detailed plain', 'detailed markdown'].map((name) => [name, '100.0', '-', '-']),
  )
  expect(groupTables(rows(['a']))).toEqual([])
})
