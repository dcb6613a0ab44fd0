import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.ts'
import { clusteredInterval, studentQuantile, wilsonInterval } from './intervals.ts'
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
    student: z.array(z.object({ degrees: z.number(), quantile: z.number() })),
    clustered: z.array(
      z.object({ sizes: z.array(z.number()), values: z.array(z.number()), low: z.number(), high: z.number() }),
    ),
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

  it.each(fixture.student)("Student's quantile at $degrees degrees, within the first term left out", (one) => {
    const error = studentQuantile(one.degrees) - one.quantile
    expect(Math.abs(error)).toBeLessThan(1 / one.degrees ** 5 + 1e-15)
  })

  it.each(fixture.clustered)('interval of $values.length values in $sizes.length clusters', (one) => {
    const clusters = one.sizes.flatMap((size, cluster) => Array<string>(size).fill(`${cluster}`))
    const { low, high } = clusteredInterval(one.values, clusters)
    // With few clusters the expansion of Student's quantile is less exact.
    const tolerance = 1 / (one.sizes.length - 1) ** 5 + 1e-12
    expect(Math.abs(low - one.low)).toBeLessThan(tolerance)
    expect(Math.abs(high - one.high)).toBeLessThan(tolerance)
  })
})

describe('the bounds of an interval', () => {
  it('are exactly 0 and 1 where no pair or every pair is right', () => {
    for (let total = 1; total <= 50; total++) {
      expect(wilsonInterval(0, total).low).toBe(0)
      expect(wilsonInterval(total, total).high).toBe(1)
    }
  })
})

describe('statistics that are not defined', () => {
  it('are NaN: the deviation of one margin, the shape of equal ones', () => {
    expect(marginStatistics([2])).toEqual({
      mean: 2,
      standard_deviation: NaN,
      mean_over_standard_deviation: NaN,
      skewness: NaN,
      excess_kurtosis: NaN,
      share_below_zero: 0,
    })
    const equal = marginStatistics(new Float64Array(1001).fill(0.1))
    expect(equal).toEqual({
      mean: 0.1,
      standard_deviation: 0,
      mean_over_standard_deviation: NaN,
      skewness: NaN,
      excess_kurtosis: NaN,
      share_below_zero: 0,
    })
  })

  it('are errors: the correlation of columns of different lengths', () => {
    expect(() => spearmanCorrelation([1, 2, 3], [1, 2])).toThrow('3 values against 2')
    expect(spearmanCorrelation([1, 1], [1, 2])).toBeNaN()
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
    expect(bestTemperature(margins)).toBe(1e6)
    expect(logLoss(margins, bestTemperature(margins))).toBeCloseTo(Math.LN2, 5)
    expect(bestTemperature([-0.2, 0.1])).toBe(1e6)
    expect(bestTemperature([0, 0])).toBe(1e6)
  })

  it('follows the scale within its bounds, and stays finite for huge margins', () => {
    const margins = [1, 2, -1, 0.5]
    const temperature = bestTemperature(margins)
    for (const wanted of [10 * temperature, 1.1e-6, 0.9e6])
      expect(bestTemperature(margins.map((d) => d * (wanted / temperature))) / wanted).toBeCloseTo(1, 8)
    for (const [wanted, bound] of [
      [0.7e-6, 1e-6],
      [1.5e6, 1e6],
    ] as const)
      expect(bestTemperature(margins.map((d) => d * (wanted / temperature)))).toBe(bound)
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

  it('takes one pair where all pairs share their prompt', () => {
    const found = clusteredInterval([1, 0, 1, 1], ['a', 'a', 'a', 'a'])
    expect(found).toEqual(wilsonInterval(0.75, 1))
  })

  it('trusts few prompts less where the prompts do not differ', () => {
    const size = 4 * (studentQuantile(3) / studentQuantile(1)) ** 2
    const found = clusteredInterval([1, 0, 1, 0], ['a', 'a', 'b', 'b'])
    expect(found.high).toBeCloseTo(wilsonInterval(0.5 * size, size).high, 12)
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
