import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import {
  type Correlation,
  correlationInterval,
  correlationTest,
  partialCorrelation,
  pearson,
  spearman,
  spearmanCorrelation,
} from './correlations.ts'
import { every } from './fixtures/clusters.ts'
import { jonckheere, kendallTauB } from './kendall.ts'
import { signFlipTest } from './sign-flips.ts'

const numbers = z.array(z.number())
const fixture = z
  .array(
    z.object({
      x: numbers,
      y: numbers,
      z: numbers,
      pearson: z.number(),
      spearman: z.number(),
      kendall: z.number(),
      kendall_p: z.number(),
      jonckheere: z.number(),
      partial: z.number(),
      partial_spearman: z.number(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('fixtures/correlations.json', import.meta.url), 'utf8')))

type Columns = { x: readonly number[]; y: readonly number[]; z: readonly number[] }
const partial = (correlate: typeof pearson) => (one: Columns) =>
  partialCorrelation(correlate(one.x, one.y), correlate(one.x, one.z), correlate(one.y, one.z))
const measures: Record<string, (one: Columns) => Correlation> = {
  pearson: ({ x, y }) => pearson(x, y),
  spearman: ({ x, y }) => spearman(x, y),
  kendall: ({ x, y }) => kendallTauB(x, y),
  partial: partial(pearson),
  partial_spearman: partial(spearman),
}

describe('against scipy and statsmodels', () => {
  it.each(fixture)('$x.length rows', (one) => {
    for (const name of ['pearson', 'spearman', 'kendall', 'partial', 'partial_spearman'] as const)
      expect(
        at(
          Object.entries(measures).filter(([key]) => key === name),
          0,
        )[1](one).value,
        name,
      ).toBeCloseTo(one[name], 10)
    const trend = jonckheere(one.x, one.y)
    expect(trend.statistic).toBe(one.jonckheere)
    expect(trend.p).toBeCloseTo(one.kendall_p, 10)
    expect(Math.sign(trend.z)).toBe(Math.sign(one.kendall))
  })

  it('one value in two ways is one value, and rounding leaves a correlation within its range', () => {
    expect(spearman([0, -0, 1], [0, 0, 1]).value).toBe(1)
    const x = Array.from({ length: 50 }, (_, i) => i / 7)
    expect(pearson(x, x).value).toBeLessThanOrEqual(1)
    expect(pearson(x, x).value).toBeCloseTo(1, 14)
  })
})

describe('the influence of a pair', () => {
  it.each(Object.entries(measures))('on %s is how it moves when the pair counts more', (_, measure) => {
    const one = at(fixture, 1)
    const rows = one.x.slice(0, 12).map((_value, i) => i)
    const { value, influence } = measure(pick(rows))
    // 400 copies of each row leave the statistic unchanged; one more copy of one row moves it by its influence.
    const copies = rows.flatMap((row) => Array<number>(400).fill(row))
    expect(measure(pick(copies)).value).toBeCloseTo(value, 12)
    for (const row of [0, 3, 7, 11]) {
      const moved = (measure(pick([...copies, row])).value - value) * (copies.length + 1)
      expect(Math.abs(moved - at(influence, row)), `${row}`).toBeLessThan(0.01)
    }
    expect(influence.reduce((sum, each) => sum + each, 0)).toBeCloseTo(0, 10)

    function pick(indexes: readonly number[]): Columns {
      const column = (values: readonly number[]) => indexes.map((index) => at(values, index))
      return { x: column(one.x), y: column(one.y), z: column(one.z) }
    }
  })
})

describe('a correlation that is not defined', () => {
  it('is NaN, as is all that is said of it', () => {
    const constant = [1, 1, 1, 1]
    for (const found of [pearson, spearman, kendallTauB].map((measure) => measure(constant, [1, 2, 3, 4]))) {
      expect(found.value).toBeNaN()
      expect(correlationInterval(found, every(4, 1))).toEqual({ value: NaN, low: NaN, high: NaN })
      expect(correlationTest(found, every(4, 1), { draws: 99, seed: 1 })).toEqual({ p: NaN, mid_p: NaN })
    }
    expect(jonckheere([1, 2, 3], [1, 1, 1]).p).toBeNaN()
  })

  it('is an error: columns of different lengths', () => {
    for (const measure of [pearson, spearmanCorrelation, kendallTauB])
      expect(() => measure([1, 2, 3], [1, 2])).toThrow('3 values against 2')
  })
})

describe('the interval of a correlation without spread over prompts', () => {
  it('has a width, and few prompts say nothing', () => {
    const perfect = (count: number, sign = 1) => {
      const x = Array.from({ length: count }, (_, i) => i)
      const y = x.map((value) => sign * value)
      return correlationInterval(spearman(x, y), every(count, 1))
    }
    expect(perfect(3)).toEqual({ value: 1, low: -1, high: 1 })
    // tanh(atanh(0.9) - 1.96 / sqrt(7)).
    expect(perfect(10).low).toBeCloseTo(0.6244, 3)
    expect(perfect(10).high).toBe(1)
    expect(perfect(10, -1)).toMatchObject({ value: -1, low: -1 })
    // Every prompt has the same two pairs.
    const x = Array.from({ length: 20 }, (_, i) => i % 2)
    const found = correlationInterval({ value: 0.3, influence: Float64Array.from(x, (one) => one - 0.5) }, every(20, 2))
    expect(found.low).toBeCloseTo(Math.tanh(Math.atanh(0.3) - 1.959964 / Math.sqrt(7)), 6)
  })
})

describe('with prompts', () => {
  it('pseudo-values allow for two fitted numbers', () => {
    const x = [1, 5, 2, 7, 4, 6, 3, 9, 8, 10, 12, 11]
    const y = [2, 1, 4, 6, 3, 9, 5, 12, 8, 7, 10, 11]
    const { value, influence } = pearson(x, y)
    const pseudoValues = influence.map((one) => value + Math.sqrt(12 / 10) * one)
    const draws = { draws: 99, seed: 1 }
    const found = correlationTest({ value, influence }, every(12, 1), draws)
    expect(found).toEqual(signFlipTest(pseudoValues, every(12, 1), draws))
    expect(found.p).toBeLessThan(1)
  })

  it.each([{ size: 1 }, { size: 5 }])(
    'intervals cover and tests reject as they should, $size pairs a prompt',
    ({ size }) => {
      const random = createRandom(6, 'correlations')
      const trials = 200
      const covered = { spearman: 0, kendall: 0 }
      const rejected = { spearman: 0, kendall: 0 }
      const column = (weight: number, other?: Float64Array) => {
        const common = Float64Array.from({ length: 200 / size }, () => random.normal())
        const own = Float64Array.from(
          { length: 200 },
          (_, i) => Math.sqrt(0.5) * at(common, Math.floor(i / size)) + Math.sqrt(0.5) * random.normal(),
        )
        return own.map((value, i) => weight * (other?.[i] ?? 0) + Math.sqrt(1 - weight ** 2) * value)
      }
      // Of a normal pair with correlation one half.
      const truth = { spearman: (6 / Math.PI) * Math.asin(0.25), kendall: 1 / 3 }
      for (let trial = 0; trial < trials; trial++) {
        const x = column(0)
        const related = column(0.5, x)
        const unrelated = column(0)
        for (const [name, measure] of [
          ['spearman', spearman],
          ['kendall', kendallTauB],
        ] as const) {
          const { low, high } = correlationInterval(measure(x, related), every(200, size))
          if (low <= truth[name] && truth[name] <= high) covered[name]++
          const test = correlationTest(measure(x, unrelated), every(200, size), { draws: 199, seed: trial })
          if (test.p <= 0.05) rejected[name]++
        }
      }
      // Standard errors of 1.5 points.
      for (const name of ['spearman', 'kendall'] as const) {
        expect(covered[name] / trials).toBeGreaterThan(0.9)
        expect(rejected[name] / trials).toBeLessThan(0.1)
      }
    },
  )
})
