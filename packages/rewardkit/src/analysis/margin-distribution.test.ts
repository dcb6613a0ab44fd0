import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { marginTable } from './fixtures/margin-table.ts'
import { marginDistribution } from './margin-distribution.ts'

const moments = z.object({
  mean: z.number(),
  standard_deviation: z.number(),
  mean_over_standard_deviation: z.number(),
  skewness: z.number(),
  excess_kurtosis: z.number(),
})
const cases = z
  .array(
    z.object({
      name: z.string(),
      sizes: z.array(z.number()),
      margins: z.array(z.number()),
      values: moments,
      half: moments,
      scipy: z.object({
        skewness: z.number(),
        skewness_adjusted: z.number(),
        excess_kurtosis: z.number(),
        excess_kurtosis_adjusted: z.number(),
        standard_deviation: z.number(),
        median: z.number(),
        share_below_zero: z.number(),
      }),
      quantiles: z.array(z.number()),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('fixtures/distribution.json', import.meta.url), 'utf8')))

const statistics = ['mean', 'mean_over_standard_deviation', 'skewness', 'excess_kurtosis'] as const

describe.each(cases)('margins, $name', ({ sizes, margins, values, half, scipy, quantiles }) => {
  const found = marginDistribution(marginTable(margins, sizes))

  it('have the statistics of scipy and numpy', () => {
    for (const [name, value] of Object.entries(scipy))
      expect(found[name as keyof typeof scipy].value, name).toBeCloseTo(value, 9)
    for (const [i, value] of quantiles.entries()) expect(at(found.quantiles, i).value).toBeCloseTo(value, 12)
  })

  it('have the interval of the mean from how it changes with the weight of a prompt', () => {
    for (const name of statistics) expect(found[name].value, name).toBeCloseTo(values[name], 9)
    expect((found.mean.high ?? 0) - values.mean).toBeCloseTo(half.mean, 6)
    expect(values.mean - (found.mean.low ?? 0)).toBeCloseTo(half.mean, 6)
  })

  it('have intervals of the shape about as wide as their errors say, or wider', () => {
    for (const name of statistics.slice(1)) {
      const { low, high } = found[name]
      const ratio = ((high ?? NaN) - (low ?? NaN)) / (2 * half[name])
      expect(ratio, name).toBeGreaterThan(0.8)
      expect(ratio, name).toBeLessThan(4)
    }
  })

  it('have quantiles inside their intervals, and intervals that grow with the quantile', () => {
    for (const { value, low, high } of found.quantiles) {
      expect(low).toBeLessThanOrEqual(value ?? NaN)
      expect(high).toBeGreaterThanOrEqual(value ?? NaN)
    }
    for (const end of ['low', 'high'] as const) {
      const ends = found.quantiles.map((one) => one[end] ?? NaN)
      expect(ends).toEqual(ends.toSorted((a, b) => a - b))
    }
    expect(found.median).toEqual({
      value: found.median.value,
      low: at(found.quantiles, 4).low,
      high: at(found.quantiles, 4).high,
    })
  })
})

describe('what some margins do not define', () => {
  it('of one pair, is said in words', () => {
    const { mean, standard_deviation, skewness, share_below_zero } = marginDistribution(marginTable([2]))
    expect(mean).toMatchObject({
      value: 2,
      low: null,
      high: null,
      reason: expect.stringContaining('same prompt') as string,
    })
    for (const one of [standard_deviation, skewness])
      expect(one).toEqual({ value: null, low: null, high: null, reason: 'there is one pair alone' })
    expect(share_below_zero.value).toBe(0)
  })

  it('of equal margins, is said in words', () => {
    const found = marginDistribution(marginTable([0.1, 0.1, 0.1]))
    expect(found.standard_deviation).toEqual({
      value: 0,
      low: null,
      high: null,
      reason: 'all reward margins are equal',
    })
    expect(found.mean_over_standard_deviation.value).toBeNull()
    expect(found.excess_kurtosis.reason).toBe('all reward margins are equal')
    expect(found.mean).toEqual({ value: 0.1, low: 0.1, high: 0.1 })
  })

  it('of few pairs, and of one prompt, is said in words', () => {
    const two = marginDistribution(marginTable([1, 2]))
    expect(two.skewness_adjusted.reason).toBe('it needs at least 3 pairs')
    expect(two.excess_kurtosis_adjusted.reason).toBe('it needs at least 4 pairs')
    const one = marginDistribution(marginTable([1, 2, 4, 5], [4]))
    expect(one.skewness_adjusted.value).toBe(0)
    expect(one.skewness).toMatchObject({
      low: null,
      high: null,
      reason: expect.stringContaining('same prompt') as string,
    })
    expect(JSON.stringify([two, one])).not.toContain('NaN')
  })
})

it('covers the truth in about 95 % of samples, pairs of a prompt alike', () => {
  const random = createRandom(4, 'coverage')
  const truth = { mean: 0.5, standard_deviation: Math.sqrt(2), median: 0.5 }
  const covered = { mean: 0, standard_deviation: 0, median: 0 }
  const trials = 60
  for (let trial = 0; trial < trials; trial++) {
    const margins: number[] = []
    for (let prompt = 0; prompt < 150; prompt++) {
      const common = random.normal()
      for (let pair = 0; pair < 3; pair++) margins.push(0.5 + common + random.normal())
    }
    const found = marginDistribution(
      marginTable(
        margins,
        Array.from({ length: 150 }, () => 3),
      ),
    )
    for (const name of ['mean', 'standard_deviation', 'median'] as const) {
      const { low, high } = found[name]
      if ((low ?? NaN) <= truth[name] && truth[name] <= (high ?? NaN)) covered[name] += 1
    }
  }
  // 95 % of 60 has a standard error of 2.8 points.
  for (const count of Object.values(covered)) {
    expect(count / trials).toBeGreaterThan(0.85)
  }
})
