import { describe, expect, it } from 'vitest'
import { clusteredShare, wilsonInterval } from '../statistics/intervals.ts'
import { studentQuantile } from '../statistics/distributions.ts'
import type { BaselineResult } from './baselines.ts'
import { type VerdictFacts, verdictOf } from './verdict.ts'

const share = (right: number, total: number) => wilsonInterval(right, total)

/** Each pair of a prompt of its own, unless said otherwise. */
function facts(right: number, pairs: number, others: Partial<VerdictFacts> = {}): VerdictFacts {
  return { pairs, prompts: pairs, accuracy: share(right, pairs), ties: 0, ...others }
}

function baseline(accuracy: number, low: number, high: number): BaselineResult {
  const beats = low > 0 ? 'yes' : high < 0 ? 'no' : 'not told apart'
  const value = (low + high) / 2
  const whole = { value: accuracy, low: accuracy - 0.02, high: accuracy + 0.02 }
  return { pairs: 1000, accuracy: whole, difference: { value, low, high }, beats, subsets: {} }
}

const words = (given: VerdictFacts) => verdictOf(given).sentences.join(' ')

describe('the words of a verdict', () => {
  it('better than chance alone', () => {
    expect(words(facts(660, 1000))).toBe('66.0 % (63.0 to 68.9) on 1,000 pairs of 1,000 prompts: better than chance.')
  })

  it('better than every baseline', () => {
    const baselines = {
      longer_wins: baseline(0.55, 0.08, 0.14),
      bag_of_words: baseline(0.6, 0.03, 0.09),
      log_likelihood: baseline(0.51, 0.12, 0.18),
    }
    expect(words(facts(660, 1000, { baselines }))).toBe(
      "66.0 % (63.0 to 68.9) on 1,000 pairs of 1,000 prompts: better than chance, 'longer wins' (55.0 %), a bag of words (60.0 %) and the log-likelihood of the response (51.0 %).",
    )
  })

  it('better than some, not told apart from others, worse than others', () => {
    const baselines = {
      longer_wins: baseline(0.55, 0.08, 0.14),
      bag_of_words: baseline(0.65, -0.02, 0.04),
      log_likelihood_per_token: baseline(0.72, -0.09, -0.03),
    }
    expect(words(facts(660, 1000, { baselines }))).toBe(
      "66.0 % (63.0 to 68.9) on 1,000 pairs of 1,000 prompts: better than chance and 'longer wins' (55.0 %), but not told apart from a bag of words (65.0 %), and worse than the log-likelihood per token (72.0 %). These prompts are enough to tell a difference of 5 points from none.",
    )
  })

  it('how many prompts would show a difference from the strongest baseline that is not told apart', () => {
    const baselines = { longer_wins: baseline(0.55, -0.1, 0.22), bag_of_words: baseline(0.6, -0.1, 0.16) }
    // Standard error 0.13 / 1.96 = 0.0663; (2.8016 * 0.0663 / 0.05)² = 13.81 times as many.
    expect(words(facts(66, 100, { baselines }))).toMatch(
      /but not told apart from 'longer wins' \(55\.0 %\) or a bag of words \(60\.0 %\)\. About 1,300 more prompts would tell a difference of 5 points from none\.$/,
    )
  })

  it('not told apart from chance, nor from a baseline', () => {
    // 51 right of 87 pairs, which 16 prompts make worth 47; for more prompts it would be 54.
    const accuracy = { ...share(0.586 * 47, 47), value: 0.586 }
    const baselines = { longer_wins: baseline(0.52, -0.1, 0.2) }
    expect(words({ pairs: 87, prompts: 16, ties: 0, accuracy, baselines })).toBe(
      "58.6 % (44.4 to 71.5) on 87 pairs of 16 prompts: not told apart from chance, nor from 'longer wins' (52.0 %). About 42 more prompts would tell 60 % from 50 %.",
    )
  })

  it.each([
    { prompts: 2, pairs: 4 },
    { prompts: 16, pairs: 87 },
    { prompts: 60, pairs: 60 },
  ])('asks for no more prompts because $prompts are few', ({ prompts, pairs }) => {
    // Prompts do not matter to these pairs: their design effect is 1, and the interval of few prompts hides it.
    const size = Math.min(pairs, pairs * (studentQuantile(0.975, pairs - 1) / studentQuantile(0.975, prompts - 1)) ** 2)
    const accuracy = { ...wilsonInterval(0.55 * size, size), value: 0.55 }
    // 783 independent pairs tell 55 % from 50 %.
    const more = (783 / pairs) * prompts - prompts
    const found = /About ([\d,]+) more/.exec(words({ pairs, prompts, ties: 0, accuracy }))?.[1]?.replace(',', '')
    expect(Number(found) / more).toBeGreaterThan(0.99)
    expect(Number(found) / more).toBeLessThan(1.1)
  })

  it('nor for a difference from a baseline, whose interval is by Student', () => {
    const half = studentQuantile(0.975, 4) * 0.1
    const baselines = { longer_wins: baseline(0.6, 0.02 - half, 0.02 + half) }
    const few = { pairs: 500, prompts: 5, ties: 0, accuracy: share(350, 500), baselines }
    // 5 (2.8016 * 0.1 / 0.05)² = 157 prompts.
    expect(words(few)).toMatch(/About 160 more prompts would tell a difference of 5 points from none\.$/)
  })

  it('not told apart from chance, but from baselines on either side', () => {
    const baselines = { longer_wins: baseline(0.4, 0.05, 0.15), bag_of_words: baseline(0.63, -0.17, -0.05) }
    expect(words(facts(26, 50, { baselines }))).toMatch(
      /not told apart from chance, and worse than a bag of words \(63\.0 %\), though better than 'longer wins' \(40\.0 %\)\. About 740 more prompts would tell 55 % from 50 %\.$/,
    )
  })

  it('not told apart from chance although there are many pairs', () => {
    expect(words(facts(10_050, 20_000))).toBe(
      '50.2 % (49.6 to 50.9) on 20,000 pairs of 20,000 prompts: not told apart from chance. These prompts are enough to tell 55 % from 50 %.',
    )
  })

  it('worse than chance', () => {
    const baselines = { longer_wins: baseline(0.45, -0.09, -0.01), bag_of_words: baseline(0.41, -0.03, 0.02) }
    expect(words(facts(400, 1000, { baselines }))).toBe(
      "40.0 % (37.0 to 43.1) on 1,000 pairs of 1,000 prompts: worse than chance, worse than 'longer wins' (45.0 %), not told apart from a bag of words (41.0 %). See whether chosen and rejected have changed places in the data.",
    )
  })

  it('below chance for its ties alone', () => {
    expect(words(facts(120, 400, { ties: 240 }))).toBe(
      '30.0 % (25.7 to 34.7) on 400 pairs of 400 prompts: worse than chance. That comes from ties: without them, 75.0 % are ranked right. 240 pairs are ties, which count as not correct (60.0 %).',
    )
    expect(words(facts(60, 400, { ties: 240 }))).toMatch(/See whether chosen and rejected have changed places/)
  })

  it('equal rewards everywhere', () => {
    expect(words(facts(0, 87, { ties: 87, prompts: 16 }))).toBe(
      'The model gives both responses of each of 87 pairs of 16 prompts the same reward, so it does not tell them apart.',
    )
    expect(words(facts(0, 1, { ties: 1 }))).toBe(
      'The model gives the two responses of the only pair the same reward, so it does not tell them apart.',
    )
  })

  it('one prompt, one pair', () => {
    const accuracy = clusteredShare([1, 1, 0, 1], { of: Int32Array.of(0, 0, 0, 0), count: 1 })
    expect(words({ pairs: 4, prompts: 1, ties: 0, accuracy })).toBe(
      '75.0 % on 4 pairs of one prompt: that says nothing of other prompts.',
    )
    expect(words(facts(1, 1))).toBe('100.0 % on 1 pair of one prompt: that says nothing of other prompts.')
  })

  it('ties, where they are many', () => {
    expect(words(facts(660, 1000, { ties: 12 }))).toMatch(
      / 12 pairs are ties, which count as not correct \(1\.2 %\)\.$/,
    )
    expect(words(facts(66, 100, { ties: 1 }))).toMatch(/ One pair is a tie, which counts as not correct \(1\.0 %\)\.$/)
    expect(words(facts(660, 1000, { ties: 3 }))).not.toMatch(/tie/)
  })

  it('are one to three sentences without NaN, whatever the numbers', () => {
    for (const pairs of [2, 3, 10, 1000])
      for (const right of [0, 1, Math.floor(pairs / 2), pairs - 1, pairs])
        for (const ties of [0, pairs - right])
          for (const low of [-0.3, 0, 0.01]) {
            const { sentences } = verdictOf(
              facts(right, pairs, { ties, baselines: { bag_of_words: baseline(0.5, low, low + 0.1) } }),
            )
            expect(sentences.length).toBeGreaterThanOrEqual(1)
            expect(sentences.length).toBeLessThanOrEqual(3)
            expect(sentences.join(' ')).not.toMatch(/NaN|Infinity|undefined|-/)
          }
  })
})
