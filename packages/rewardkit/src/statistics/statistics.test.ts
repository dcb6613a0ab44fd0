import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.ts'
import { clusteredInterval, wilsonInterval } from './intervals.ts'
import { bestTemperature, logLoss, marginStatistics, spearmanCorrelation } from './statistics.ts'

const fixture = z
  .object({
    samples: z.array(
      z.object({
        margins: z.array(z.number()),
        other: z.array(z.number()),
        mean: z.number(),
        standard_deviation: z.number(),
        skewness: z.number(),
        excess_kurtosis: z.number(),
        share_below_zero: z.number(),
        log_loss: z.number(),
        temperature: z.number(),
        log_loss_after_temperature: z.number(),
        spearman: z.number(),
      }),
    ),
    wilson: z.array(z.object({ successes: z.number(), total: z.number(), low: z.number(), high: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/statistics.json', import.meta.url), 'utf8')))

describe('against scipy', () => {
  it.each(fixture.samples)('$margins.length margins', (sample) => {
    const found = marginStatistics(sample.margins)
    for (const name of ['mean', 'standard_deviation', 'skewness', 'excess_kurtosis', 'share_below_zero'] as const)
      expect(found[name]).toBeCloseTo(sample[name], 10)
    expect(found.mean_over_standard_deviation).toBeCloseTo(sample.mean / sample.standard_deviation, 10)
    expect(logLoss(sample.margins)).toBeCloseTo(sample.log_loss, 12)
    const temperature = bestTemperature(sample.margins)
    expect(temperature / sample.temperature).toBeCloseTo(1, 5)
    expect(logLoss(sample.margins, temperature)).toBeCloseTo(sample.log_loss_after_temperature, 12)
    expect(spearmanCorrelation(sample.margins, sample.other)).toBeCloseTo(sample.spearman, 12)
  })

  it.each(fixture.wilson)('Wilson interval of $successes of $total', ({ successes, total, low, high }) => {
    const interval = wilsonInterval(successes, total)
    expect(interval.low).toBeCloseTo(low, 10)
    expect(interval.high).toBeCloseTo(high, 10)
    expect(interval.value).toBe(successes / total)
  })
})

describe('what is not defined', () => {
  it('is NaN: the deviation of one margin, the shape of equal ones', () => {
    expect(marginStatistics([2])).toEqual({
      mean: 2,
      standard_deviation: NaN,
      mean_over_standard_deviation: NaN,
      skewness: NaN,
      excess_kurtosis: NaN,
      share_below_zero: 0,
    })
    const equal = marginStatistics(new Float64Array(1001).fill(0.1))
    expect(equal.standard_deviation).toBe(0)
    expect(equal.skewness).toBeNaN()
  })
})

describe('the best temperature', () => {
  it('goes to its bound where no pair is ranked wrongly; ties cost log 2', () => {
    const temperature = bestTemperature([1, 2, 0, 3])
    expect(temperature).toBe(1e-6)
    expect(logLoss([1, 2, 0, 3], temperature)).toBeCloseTo(Math.LN2 / 4, 12)
  })

  it('calls everything a tie where the ranking is worse than chance', () => {
    const margins = [-1, -2, 0.5]
    expect(logLoss(margins, bestTemperature(margins))).toBeCloseTo(Math.LN2, 5)
  })

  it('follows the scale, and stays finite for huge margins', () => {
    const margins = [1, 2, -1, 0.5]
    expect(bestTemperature(margins.map((d) => 10 * d)) / bestTemperature(margins)).toBeCloseTo(10, 8)
    expect(logLoss([800, -800])).toBe(400)
  })
})

describe('the interval that respects prompts', () => {
  it("is Wilson's where each prompt has one pair", () => {
    const values = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 0 : 1))
    const found = clusteredInterval(
      values,
      values.map((_, i) => `${i}`),
    )
    const expected = wilsonInterval(30, 40)
    expect(found.low).toBeCloseTo(expected.low, 12)
    expect(found.high).toBeCloseTo(expected.high, 12)
  })

  it('counts copies of a pair once', () => {
    const values = Array.from({ length: 80 }, (_, i) => (Math.floor(i / 2) % 4 === 0 ? 0 : 1))
    const found = clusteredInterval(
      values,
      values.map((_, i) => `${Math.floor(i / 2)}`),
    )
    const once = wilsonInterval(30, 40)
    expect(Math.abs(found.high - found.low) / (once.high - once.low)).toBeCloseTo(1, 1)
  })

  it('takes the number of prompts where all pairs are right', () => {
    const found = clusteredInterval([1, 1, 1, 1, 1, 1], ['a', 'a', 'b', 'b', 'c', 'c'])
    expect(found).toEqual(wilsonInterval(3, 3))
  })

  it.each([
    { prompts: 40, pairs: 5, accuracy: 0.65 },
    { prompts: 60, pairs: 4, accuracy: 0.9 },
  ])(
    'covers the truth in 95 % of simulated evaluations: $accuracy, $pairs pairs a prompt',
    ({ prompts, pairs, accuracy }) => {
      const random = createRandom(1, 'coverage')
      const trials = 2000
      let covered = 0
      let naive = 0
      for (let trial = 0; trial < trials; trial++) {
        const values: number[] = []
        const clusters: string[] = []
        for (let prompt = 0; prompt < prompts; prompt++) {
          // Each pair takes its prompt's fate with probability one half: an intra-prompt correlation of 0.25.
          const common = random.uniform() < accuracy ? 1 : 0
          for (let pair = 0; pair < pairs; pair++) {
            values.push(random.uniform() < 0.5 ? common : random.uniform() < accuracy ? 1 : 0)
            clusters.push(`${prompt}`)
          }
        }
        const { low, high } = clusteredInterval(values, clusters)
        if (low <= accuracy && accuracy <= high) covered++
        const plain = wilsonInterval(
          values.reduce((sum, value) => sum + value, 0),
          values.length,
        )
        if (plain.low <= accuracy && accuracy <= plain.high) naive++
      }
      // 95 % of 2,000 has a standard error of 0.5 points.
      expect(covered / trials).toBeGreaterThan(0.93)
      expect(covered / trials).toBeLessThan(0.975)
      expect(naive / trials).toBeLessThan(0.9)
    },
  )
})
