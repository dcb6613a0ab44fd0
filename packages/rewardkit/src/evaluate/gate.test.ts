import { describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { formatVerdict, judge, parseGate } from './gate.ts'
import { wilsonInterval } from '../statistics/intervals.ts'
import { summarizePairs } from '../analysis/pair-summary.ts'
import { tableOf } from '../analysis/reward-table.ts'
import { formatMarkdownSummary } from './table.ts'
import type { RewardRow } from '../statistics/types.ts'

/** Pairs of one prompt each, of which `right` are ranked right: their interval is Wilson's. */
const summary = (right: number, total: number) =>
  summarizePairs(
    tableOf(
      Array.from({ length: total }, (_, i): RewardRow => ({
        schema_version: 1,
        id: `${i}`,
        prompt_id: `${i}`,
        subset: null,
        chosen_reward: i < right ? 1 + i / total : -1,
        rejected_reward: 0,
        reward_margin: i < right ? 1 + i / total : -1,
        chosen_tokens: 1,
        rejected_tokens: 1,
        truncated: false,
      })),
    ),
  )

describe('parseGate', () => {
  it('reads a metric and a share', () => {
    expect(parseGate('accuracy=0.65')).toEqual({ metric: 'accuracy', threshold: 0.65 })
    expect(parseGate(' accuracy = 1 ')).toEqual({ metric: 'accuracy', threshold: 1 })
  })

  it.each([
    ['acuracy=0.6', /failBelow: found metric "acuracy".*did you mean accuracy\?/],
    ['loss=0.6', /expected accuracy, as in accuracy=0\.65$/],
    ['accuracy', /a share from 0 to 1/],
    ['accuracy=', /a share from 0 to 1/],
    ['accuracy=65', /found "accuracy=65", expected a share from 0 to 1/],
    ['accuracy=65%', /a share from 0 to 1/],
    ['accuracy=0.6=0.7', /a share from 0 to 1/],
  ])('refuses %s', (text, message) => {
    expect(() => parseGate(text)).toThrow(message)
    expect(() => parseGate(text)).toThrow(InputError)
  })
})

describe('judge', () => {
  it('goes by the lower end of the interval, not by the value', () => {
    const { low } = wilsonInterval(70, 100)
    expect(judge(summary(70, 100), { metric: 'accuracy', threshold: 0.69 })).toMatchObject({
      value: 0.7,
      passed: false,
    })
    expect(judge(summary(70, 100), { metric: 'accuracy', threshold: low + 1e-9 }).passed).toBe(false)
    expect(judge(summary(70, 100), { metric: 'accuracy', threshold: low - 1e-9 }).passed).toBe(true)
  })

  it('is reported in one line with value, interval, threshold and outcome', () => {
    const verdict = {
      metric: 'accuracy',
      threshold: 0.65,
      value: 0.7,
      low: 0.64999,
      high: 0.75,
      passed: false,
    } as const
    expect(formatVerdict(verdict)).toBe(
      'fail: accuracy 0.7000 (95 % interval 0.6499-0.7500), the lower end is below 0.65',
    )
    expect(formatVerdict({ ...verdict, low: 0.65, passed: true })).toMatch(/^pass: .*not below 0\.65$/)
  })
})

it('a summary in Markdown has a row of cells for each line, whatever subsets are called', () => {
  const lines = formatMarkdownSummary({ all: summary(7, 10), 'a|b\n<c>': summary(3, 10) }).split('\n')
  expect(lines[0]).toBe(String.raw`|  | all | a\|b \<c\> |`)
  expect(lines[1]).toBe('| --- | ---: | ---: |')
  expect(lines[2]).toBe('| pairs | 10 | 10 |')
  expect(lines.every((line) => line.replaceAll(String.raw`\|`, '').split('|').length === 5)).toBe(true)
})
