import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { clustersOf } from './clusters.ts'
import { normalQuantile, studentQuantile } from './distributions.ts'
import { every } from './fixtures/clusters.ts'
import {
  clusteredEstimate,
  clusteredMean,
  clusteredQuantiles,
  clusteredShare,
  clusteredShareDifference,
  influenceInterval,
  wilsonInterval,
} from './intervals.ts'

const numbers = z.array(z.number())
const fixture = z
  .object({
    wilson: z.array(z.object({ successes: z.number(), total: z.number(), low: z.number(), high: z.number() })),
    clustered: z.array(z.object({ sizes: numbers, values: numbers, low: z.number(), high: z.number() })),
    means: z.array(
      z.object({ clusters: numbers, values: numbers, error: z.number(), low: z.number(), high: z.number() }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/statistics.json', import.meta.url), 'utf8')))

describe('against scipy and statsmodels', () => {
  it.each(fixture.wilson)('Wilson interval of $successes of $total', ({ successes, total, low, high }) => {
    const interval = wilsonInterval(successes, total)
    expect(interval.low).toBeCloseTo(low, 10)
    expect(interval.high).toBeCloseTo(high, 10)
    expect(interval.value).toBe(successes / total)
  })

  it.each(fixture.clustered)('share of $values.length values in $sizes.length clusters', (one) => {
    const names = one.sizes.flatMap((size, cluster) => Array<string>(size).fill(`${cluster}`))
    const { low, high } = clusteredShare(one.values, clustersOf(names))
    expect(low).toBeCloseTo(one.low, 10)
    expect(high).toBeCloseTo(one.high, 10)
  })

  it.each(fixture.means)('mean of $values.length values', ({ values, clusters, error, low, high }) => {
    // The numbers of a subset's prompts have gaps.
    const of = Int32Array.from(clusters, (cluster) => 3 * cluster + 1)
    const found = clusteredMean(values, { of, count: 1000 })
    expect(found.low).toBeCloseTo(low, 10)
    expect(found.high).toBeCloseTo(high, 10)
    expect(clusteredEstimate(values, { of, count: 1000 }).error).toBeCloseTo(error, 10)
    const influence = values.map((value) => value - found.value)
    expect(influenceInterval(found.value, influence, { of, count: 1000 }).low).toBeCloseTo(low, 10)
  })
})

describe('the bounds of an interval', () => {
  it('are exactly 0 and 1 where no pair or every pair is right', () => {
    for (let total = 1; total <= 50; total++) {
      expect(wilsonInterval(0, total).low).toBe(0)
      expect(wilsonInterval(total, total).high).toBe(1)
    }
  })

  it('are NaN around a mean of one cluster, or of nothing', () => {
    expect(clusteredMean([1, 2], every(2, 2))).toEqual({ value: 1.5, low: NaN, high: NaN })
    expect(clusteredMean([], every(0, 1)).value).toBeNaN()
  })

  it('meet where all values are equal', () => {
    expect(clusteredMean([0.1, 0.1, 0.1], every(3, 1))).toEqual({ value: 0.1, low: 0.1, high: 0.1 })
  })

  it('need a cluster for each value', () => {
    expect(() => clusteredMean([1, 2, 3], every(2, 1))).toThrow('3 values for 2 pairs')
  })
})

describe('the difference of two shares', () => {
  it('has an interval where no pair differs', () => {
    const { value, low, high } = clusteredShareDifference(new Float64Array(100), every(100, 1))
    expect(value).toBe(0)
    expect(high).toBeCloseTo(-low, 12)
    // Bonett and Price: two discordant pairs in 102.
    expect(high).toBeCloseTo((studentQuantile(0.975, 99) * Math.sqrt(2)) / 102, 12)
    // One pair that differs changes little, also with several pairs a prompt.
    const none = clusteredShareDifference(new Float64Array(100), every(100, 5))
    const one = clusteredShareDifference(Float64Array.of(...new Float64Array(99), 1), every(100, 5))
    expect(none.high).toBeCloseTo((studentQuantile(0.975, 19) * Math.sqrt(2)) / 102, 12)
    expect((one.high - one.low) / (none.high - none.low)).toBeCloseTo(1.2, 1)
  })

  it('says nothing of other prompts with one', () => {
    expect(clusteredShareDifference([1, 0, 0], every(3, 3))).toEqual({
      value: expect.closeTo(1 / 3, 12),
      low: NaN,
      high: NaN,
    })
  })

  it('takes a million pairs', () => {
    const { low, high } = clusteredShareDifference(new Float64Array(1e6), every(1e6, 1))
    expect(high).toBeGreaterThan(0)
    expect(low).toBeLessThan(0)
  })

  it('stays between -1 and 1, and takes copies of a pair once', () => {
    expect(clusteredShareDifference([1, 1], every(2, 1)).high).toBe(1)
    expect(clusteredShareDifference([-1, -1], every(2, 1)).low).toBe(-1)
    const differences = Float64Array.from({ length: 400 }, (_, i) => at([1, 0, 0, -1, 0, 0, 0, 1], i % 8))
    const once = clusteredShareDifference(differences, every(400, 1))
    const twice = clusteredShareDifference(
      Float64Array.from({ length: 800 }, (_, i) => at(differences, Math.floor(i / 2))),
      every(800, 2),
    )
    expect(twice.value).toBe(once.value)
    expect((twice.high - twice.low) / (once.high - once.low)).toBeCloseTo(1, 2)
  })
})

describe('quantiles', () => {
  const values = Float64Array.from({ length: 99 }, (_, i) => ((i * 37) % 99) + 1)

  it("end where Wilson's interval of their share does", () => {
    const [median, low] = clusteredQuantiles(values, every(99, 1), [0.5, 0])
    const { low: from, high: to } = wilsonInterval(49.5, 99)
    expect(median?.value).toBe(50)
    expect(median?.low).toBeCloseTo(1 + 98 * from, 10)
    expect(median?.high).toBeCloseTo(1 + 98 * to, 10)
    expect(low).toMatchObject({ value: 1, low: 1 })
  })

  it('take copies of a pair once', () => {
    const twice = Float64Array.from({ length: 198 }, (_, i) => at(values, Math.floor(i / 2)))
    const widths = [clusteredQuantiles(values, every(99, 1), [0.25]), clusteredQuantiles(twice, every(198, 2), [0.25])]
    const [once, copied] = widths.map(([one]) => (one?.high ?? NaN) - (one?.low ?? NaN))
    expect((copied ?? NaN) / (once ?? NaN)).toBeCloseTo(1, 1)
  })

  it.each([1, 10])('have intervals that cover the truth, %i pairs a prompt', (size) => {
    const random = createRandom(5, 'quantiles')
    const shares = [0.1, 0.5, 0.9]
    const truth = shares.map(normalQuantile)
    const covered = shares.map(() => 0)
    for (let trial = 0; trial < 500; trial++) {
      const common = Float64Array.from({ length: 400 / size }, () => random.normal())
      const drawn = Float64Array.from(
        { length: 400 },
        (_, i) => Math.sqrt(0.3) * at(common, Math.floor(i / size)) + Math.sqrt(0.7) * random.normal(),
      )
      for (const [i, { low, high }] of clusteredQuantiles(drawn, every(400, size), shares).entries())
        if (low <= at(truth, i) && at(truth, i) <= high) covered[i] = at(covered, i) + 1
    }
    // 95 % of 500 has a standard error of 1 point.
    for (const count of covered) {
      expect(count / 500).toBeGreaterThan(0.915)
      expect(count / 500).toBeLessThan(0.985)
    }
  })
})

describe('means and differences', () => {
  it.each([{ size: 1 }, { size: 10 }])('are covered in 95 of 100 simulations, $size pairs a prompt', ({ size }) => {
    const random = createRandom(8, 'means')
    const [trials, clusters] = [1000, every(400, size)]
    const covered = { mean: 0, difference: 0 }
    for (let trial = 0; trial < trials; trial++) {
      const common = Float64Array.from({ length: clusters.count }, () => random.normal())
      const values = Float64Array.from({ length: 400 }, (_, pair) => {
        const own = Math.sqrt(0.7) * random.normal()
        return Math.sqrt(0.3) * at(common, Math.floor(pair / size)) + own
      })
      const mean = clusteredMean(values, clusters)
      if (mean.low <= 0 && 0 <= mean.high) covered.mean++
      // One in ten beyond 1.2816 on either side: the models differ on a fifth of the pairs.
      const differences = values.map((value) => (value > 1.2816 ? 1 : value < -1.2816 ? -1 : 0))
      const difference = clusteredShareDifference(differences, clusters)
      if (difference.low <= 0 && 0 <= difference.high) covered.difference++
    }
    // 95 % of 1,000 has a standard error of 0.7 points.
    for (const count of Object.values(covered)) {
      expect(count / trials).toBeGreaterThan(0.93)
      expect(count / trials).toBeLessThan(0.97)
    }
  })
})

describe('the interval that respects prompts', () => {
  it("is Wilson's where each prompt has one pair", () => {
    const values = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 0 : 1))
    const found = clusteredShare(values, every(values.length, 1))
    const expected = wilsonInterval(30, 40)
    expect(found.low).toBeCloseTo(expected.low, 12)
    expect(found.high).toBeCloseTo(expected.high, 12)
  })

  it('counts copies of a pair once', () => {
    const values = Array.from({ length: 80 }, (_, i) => (Math.floor(i / 2) % 4 === 0 ? 0 : 1))
    const found = clusteredShare(values, every(values.length, 2))
    const once = wilsonInterval(30, 40)
    expect(Math.abs(found.high - found.low) / (once.high - once.low)).toBeCloseTo(1, 1)
  })

  it('takes the number of prompts where all pairs are right', () => {
    const found = clusteredShare([1, 1, 1, 1, 1, 1], every(6, 2))
    expect(found).toEqual(wilsonInterval(3, 3))
  })

  it('takes one pair where all pairs share their prompt', () => {
    const found = clusteredShare([1, 0, 1, 1], every(4, 4))
    expect(found).toEqual(wilsonInterval(0.75, 1))
  })

  it('trusts few prompts less where the prompts do not differ', () => {
    const size = 4 * (studentQuantile(0.975, 3) / studentQuantile(0.975, 1)) ** 2
    const found = clusteredShare([1, 0, 1, 0], every(4, 2))
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
        for (let prompt = 0; prompt < prompts; prompt++) {
          // Each pair takes its prompt's fate with probability one half: an intra-prompt correlation of 0.25.
          const common = random.uniform() < accuracy ? 1 : 0
          for (let pair = 0; pair < pairs; pair++) {
            values.push(random.uniform() < 0.5 ? common : random.uniform() < accuracy ? 1 : 0)
          }
        }
        const { low, high } = clusteredShare(values, every(values.length, pairs))
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
