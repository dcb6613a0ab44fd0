import { describe, expect, it } from 'vitest'
import type { ArmComparison } from './comparison.ts'
import { judgeWorse } from './gate.ts'
import { formatP, inPoints, onePoint, sentencesOf } from './words.ts'

/** A comparison of two arms with one run each, with some of it changed. */
const comparison = (low: number, value: number, high: number, changes: Partial<ArmComparison> = {}): ArmComparison => ({
  a: 'base',
  b: 'new',
  pairs: 2000,
  prompts: 1000,
  seeds: 1,
  runs: { a: 1, b: 1 },
  seeds_paired: false,
  accuracy: { a: 0.6, b: 0.6 + value },
  difference: { value, low, high },
  difference_of_these_models: { value, low, high },
  test: { name: 'mcnemar_exact', p: 0.2, mid_p: 0.19 },
  training_test: null,
  p_holm: 0.2,
  equivalence: { bound: 0.01, p: 0.3 },
  detectable_difference: 0.03,
  required_prompts: 4321,
  required_seeds: null,
  verdict: 'not_told_apart',
  agreement: { both_right: 0.5, only_a: 0.1, only_b: 0.1, both_wrong: 0.3, margin_rank_correlation: 0.8 },
  mean_over_standard_deviation: { value: 0, low: 0, high: 0 },
  log_loss_after_temperature: { value: 0, low: 0, high: 0 },
  subsets: {},
  claims: [],
  sentences: [],
  ...changes,
})

const seeds: Partial<ArmComparison> = {
  seeds: 3,
  runs: { a: 3, b: 3 },
  training_test: { name: 'crossed_t', p: 0.4, degrees: 2 },
  difference_of_these_models: { value: 0.002, low: -0.005, high: 0.009 },
}

describe('the gate', () => {
  const sentence = (one: ArmComparison) => judgeWorse([one], 'base', 0.01).sentences[0]

  it.each([
    ['passes above the bound', comparison(-0.0099, 0.002, 0.01), /^pass: new is not 1 point worse than base: /],
    ['not at the bound', comparison(-0.01, 0.002, 0.01), /^fail: the pairs are too few to exclude/],
    ['worse by the bound', comparison(-0.05, -0.03, -0.01), /^fail: new is 1 point worse than base, or more: /],
    ['worse by less', comparison(-0.02, -0.008, -0.001), /^fail: new is worse than base, and may be 1 point worse: /],
    ['worse, it seems', comparison(-0.05, -0.02, 0.01), /^fail: the pairs are too few to tell .*; it looks so: /],
    [
      'too few seeds',
      comparison(-0.03, 0.002, 0.04, seeds),
      /^fail: 3 seeds are too few to exclude that new is 1 point/,
    ],
    ['one prompt', comparison(NaN, 0.1, NaN), /^fail: all pairs are of one prompt, which says nothing of others$/],
  ])('%s', (_, one, words) => {
    expect(sentence(one)).toMatch(words)
  })

  it('says how many prompts would do: 1,000 times (0.03 / 0.015) squared', () => {
    expect(sentence(comparison(-0.02, 0.005, 0.03))).toContain('(about 4,000 prompts would do)')
  })

  it('looks at all arms, but at none beside the baseline', () => {
    const fine = comparison(0, 0.01, 0.02)
    const others = comparison(-0.3, -0.2, -0.1, { a: 'new', b: 'newer' })
    expect(judgeWorse([fine, others], 'base', 0.01)).toMatchObject({ passed: true, sentences: [expect.any(String)] })
    const bad = comparison(-0.3, -0.2, -0.1, { b: 'newer' })
    expect(judgeWorse([fine, bad], 'base', 0.01)).toMatchObject({ passed: false })
  })
})

describe('the sentences', () => {
  const said = (one: ArmComparison, comparisons = 1) => sentencesOf(one, comparisons).join('\n')

  it('say what the data could have shown where they show nothing', () => {
    expect(said(comparison(-0.01, 0.005, 0.02))).toBe(
      [
        'new and base are not told apart: 60.5 against 60.0 %, a difference of 0.5 points (-1.0 to 2.0), on 2,000 pairs of 1,000 prompts; p = 0.2 by exact McNemar.',
        'Data like these show a true difference of 3 points four times out of five. For one of 0.5 points, it takes about 4,300 prompts.',
        'Nor is it shown that they are within 1 point of each other (TOST, p = 0.3).',
        'With one run each, nothing is known of the noise of training: this is about these models, not about how they were trained.',
      ].join('\n'),
    )
  })

  it('do not speak of differences of more than 100 points', () => {
    const text = said(comparison(-0.7, 0.25, 1, { detectable_difference: 1.167 }))
    expect(text).toContain('Data like these are too few to show any difference four times out of five.')
  })

  it('say that a difference is small, and after which correction', () => {
    const better = { verdict: 'b_is_better', p_holm: 0.004, equivalence: { bound: 0.01, p: 0.001 } } as const
    const text = said(
      comparison(0.002, 0.005, 0.008, { ...better, test: { name: 'sign_flip', p: 0.002, mid_p: 0.002 } }),
      3,
    )
    expect(text).toContain('new is better than base: 60.5 against 60.0 %, 0.5 points (0.2 to 0.8) more')
    expect(text).toContain("p = 0.002 by sign flips of prompts (p = 0.004 after Holm's correction over 3 comparisons)")
    expect(text).toContain('They are within 1 point of each other, though (TOST, p = 0.001).')
    expect(text).not.toContain('four times out of five')
  })

  it('turn a loss around, so that no number has two signs', () => {
    const text = said(comparison(-0.03, -0.02, -0.01, { verdict: 'b_is_worse', p_holm: 0.001 }))
    expect(text).toContain('new is worse than base: 58.0 against 60.0 %, 2 points (1.0 to 3.0) less')
  })

  it('ask for seeds or prompts, or say that neither alone would do', () => {
    const few = { ...seeds, required_prompts: null, required_seeds: 12 }
    expect(said(comparison(-0.03, 0.002, 0.04, few))).toContain(
      'For one of 0.2 points, it takes about 12 seeds in each arm.',
    )
    expect(said(comparison(-0.03, 0.002, 0.04, { ...few, required_seeds: null }))).toContain(
      'neither more prompts nor more seeds alone would do',
    )
    expect(said(comparison(-0.03, 0.002, 0.04, few))).toContain(
      'For exactly these models the difference is 0.2 points (-0.5 to 0.9).',
    )
  })
})

describe('numbers', () => {
  it('are points with one decimal, or one digit where that would show none', () => {
    expect([0.0123, -0.01, 0.0004, 0, 0.00095, NaN].map(inPoints)).toEqual(['1.2', '-1.0', '0.04', '0.0', '0.1', '-'])
    expect([0.01, 0.025].map(onePoint)).toEqual(['1 point', '2.5 points'])
    expect([0.0004, 0.0456, 1].map(formatP)).toEqual(['p < 0.001', 'p = 0.046', 'p = 1'])
  })
})
