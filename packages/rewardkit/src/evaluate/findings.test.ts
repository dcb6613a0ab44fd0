import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { tableOf } from '../analysis/reward-table.ts'
import { filterData, filterOptionsSchema } from '../data/index.ts'
import { silentHooks } from '../events.ts'
import { createRandom } from '../random.ts'
import type { RewardRow } from '../statistics/types.ts'
import { evaluateRewardsOptionsSchema } from './evaluate-options.ts'
import { evaluateRewards } from './evaluate-rewards.ts'
import { findings } from './findings.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-findings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const row = (id: string, margin: number, more: Partial<RewardRow> = {}): RewardRow => ({
  schema_version: 1,
  id,
  prompt_id: id,
  subset: null,
  chosen_reward: margin,
  rejected_reward: 0,
  reward_margin: margin,
  ...more,
})

/** The lines that begin with one of these. */
const lines = (rows: readonly RewardRow[], ...beginnings: readonly string[]) =>
  findings(analyse(tableOf(rows))).filter((line) => beginnings.some((beginning) => line.startsWith(beginning)))

describe('findings', () => {
  it('says what is left out where neither texts nor lengths are known', () => {
    const found = lines([row('a', 1), row('b', -2), row('c', 3)], 'length', 'without', 'label noise', 'pairs to look')
    expect(found).toEqual([
      'length: no lengths are known',
      'without texts: turns, repeated pairs and format marks are left out',
      'label noise: no rate, since 3 prompts are too few',
      'pairs to look at: 1 (1 outlier)',
    ])
  })

  it('has a line for length, turns, repeats and the marks of enough pairs', () => {
    const texts = { chosen_characters: 9, rejected_characters: 5, rejected_marks: [], turns: 1 }
    const rows = Array.from({ length: 12 }, (_, i) =>
      row(`${i}`, i % 3 === 0 ? -1 : 1, {
        ...texts,
        chosen_tokens: i % 2 === 0 ? 4 : 2,
        rejected_tokens: 3,
        turns: i % 2 === 0 ? 1 : 7,
        chosen_marks: i < 10 ? ['list'] : ['code'],
        ...(i === 11 && { duplicate_of: '0' }),
        ...(i === 9 && { contradicts: '1' }),
      }),
    )
    const [length, turns, repeats, marks, ...others] = lines(
      rows,
      'length',
      'accuracy %',
      'repeated',
      'format',
      'without',
    )
    expect(length).toMatch(
      /^length: accuracy % where chosen has more tokens 66\.7 \(.*\) of 6 pairs, fewer 66\.7 \(.*\) of 6 pairs; length-controlled 66\.7 \(/,
    )
    expect(turns).toMatch(/^accuracy % by user turns: 1: 66\.7 \(.*\) of 6 pairs, 5 or more: 66\.7 \(.*\) of 6 pairs$/)
    expect(repeats).toMatch(/^repeated pairs: 1 labelled alike, 1 with the other label; accuracy without them 70\.0 \(/)
    expect(marks).toMatch(
      /^format marks that only one response has: list \(10 pairs\): rewards are for it in 60\.0 \(.*\) %, labels in 100\.0 %$/,
    )
    expect(others).toEqual([])
  })

  it('names the correlations with annotated margins and the grades, or why there are none', () => {
    const random = createRandom(1, 'findings')
    const graded = Array.from({ length: 80 }, (_, i) =>
      row(`${i}`, (i % 4) + random.normal(), { annotated_margin: i % 4 }),
    )
    const [correlations, grades] = lines(graded, 'agreement', 'accuracy % by annotated')
    expect(correlations).toMatch(
      /^agreement with annotated margins \(80 pairs\): Spearman 0\.\d\d \(0\.\d\d to 0\.\d\d, p < 0\.001\), Kendall's tau-b 0\.\d\d \(.*\)$/,
    )
    expect(grades).toMatch(/^accuracy % by annotated margin: 0: \d.*, 1: \d.*, 2: \d.*, 3: \d/)
    expect(
      lines(
        graded.map((one) => ({ ...one, annotated_margin: 2 })),
        'agreement',
      ),
    ).toEqual(['agreement with annotated margins (80 pairs): all annotated margins are equal'])
  })

  it('gives a rate of label noise, or the rates that fit', () => {
    const random = createRandom(2, 'findings')
    const noisy = (size: number) =>
      Array.from({ length: 600 }, (_, i) => {
        const margin = Math.abs(size * random.normal())
        return row(`${i}`, random.uniform() < 0.9 / (1 + Math.exp(-margin)) + 0.05 ? margin : -margin)
      })
    expect(lines(noisy(8), 'label noise')[0]).toMatch(/^label noise: \d+\.\d \(\d.*\) % of labels contradict rewards/)
    expect(lines(noisy(0.5), 'label noise')[0]).toMatch(
      /^label noise: no rate, since rates far apart fit the pairs: \d+\.\d to \d+\.\d % fit$/,
    )
  })
})

it('takes a file of rewards with texts to the pairs that data filter keeps', async () => {
  const [rewards, out] = [join(folder, 'rewards.jsonl'), join(folder, 'evaluation')]
  const pair = (id: string, chosen_reward: number, more: object = {}) => ({
    id,
    prompt: `question ${id}`,
    chosen: '- one\n- two',
    rejected: 'none',
    chosen_reward,
    rejected_reward: 0,
    ...more,
  })
  const rows = [...Array.from({ length: 30 }, (_, i) => pair(`${i}`, 1 + i / 30)), pair('tie', 0)]
  rows.push(pair('again', -9, { prompt: 'question 3', chosen: 'none', rejected: '- one\n- two' }))
  writeFileSync(rewards, rows.map((one) => `${JSON.stringify(one)}\n`).join(''))
  const { confounds, suspicious } = await evaluateRewards(
    evaluateRewardsOptionsSchema.parse({ rewards, out }),
    silentHooks,
  )
  expect(confounds?.repeats).toMatchObject({ duplicate_pairs: 0, contradicting_pairs: 1 })
  expect(confounds?.marks?.[0]).toMatchObject({ mark: 'list', only_chosen: { pairs: 31 }, only_rejected: { pairs: 1 } })
  expect(suspicious).toMatchObject({ pairs: 2, contradiction: 1, near_tie: 1 })
  const withoutIds = join(out, 'suspicious.jsonl')
  expect(readFileSync(withoutIds, 'utf8').split('\n')[0]).toContain('"id":"again"')
  const kept = join(folder, 'kept.jsonl')
  const { outputs } = await filterData(filterOptionsSchema.parse({ data: rewards, out: kept, withoutIds }), silentHooks)
  expect(outputs[0]?.pairs).toBe(30)
})
