import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { createResampling } from './bootstrap.ts'
import { every } from './fixtures/clusters.ts'
import { quantile } from './histogram.ts'
import { clusteredMean } from './intervals.ts'
import { shapeIntervals } from './shape.ts'
import { marginStatistics } from './statistics.ts'

const fixture = z
  .object({
    samples: z.array(
      z.object({
        margins: z.array(z.number()),
        adjusted_skewness: z.number(),
        adjusted_excess_kurtosis: z.number().nullable(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/statistics.json', import.meta.url), 'utf8')))

const draws = { draws: 199, seed: 3 }
const random = createRandom(1, 'shape')
const values = Float64Array.from({ length: 24 }, () => 2 - Math.log(random.uniform()))

describe('the shape of a distribution', () => {
  it.each(fixture.samples.filter(({ margins }) => margins.length > 2))(
    'has the values of scipy, $margins.length margins',
    ({ margins, adjusted_skewness, adjusted_excess_kurtosis }) => {
      const clusters = every(margins.length, 1)
      const found = shapeIntervals(margins, clusters, draws)
      const plain = marginStatistics(margins)
      expect(found.mean).toEqual(clusteredMean(margins, clusters))
      expect(found.standardDeviation.value).toBe(plain.standard_deviation)
      expect(found.meanOverStandardDeviation.value).toBe(plain.mean_over_standard_deviation)
      expect(found.skewness.value).toBe(plain.skewness)
      expect(found.excessKurtosis.value).toBe(plain.excess_kurtosis)
      expect(found.adjustedSkewness.value).toBeCloseTo(adjusted_skewness, 9)
      expect(found.adjustedExcessKurtosis.value).toBeCloseTo(adjusted_excess_kurtosis ?? NaN, 9)
      for (const { value, low, high } of Object.values(found)) {
        expect(low).toBeLessThan(value)
        expect(high).toBeGreaterThan(value)
      }
    },
  )

  it('has the bounds of a plain studentised bootstrap', () => {
    const clusters = every(24, 3)
    const weighted = (weights: readonly number[]) => {
      const expanded = values.map((_, i) => at(weights, Math.floor(i / 3)))
      const mean = (of: (value: number) => number) =>
        values.reduce((sum, value, i) => sum + at(expanded, i) * of(value), 0) /
        expanded.reduce((sum, weight) => sum + weight, 0)
      const center = mean((value) => value)
      const moment = (order: number) => mean((value) => (value - center) ** order)
      const deviation = Math.sqrt(moment(2))
      return {
        standardDeviation: Math.log(deviation),
        meanOverStandardDeviation: center / deviation,
        skewness: Math.asinh(moment(3) / deviation ** 3),
        excessKurtosis: Math.log(moment(4) / deviation ** 4 - 1),
      }
    }
    const step = 1e-5
    const studied = (weights: readonly number[], name: keyof ReturnType<typeof weighted>) => {
      const slopes = weights.map((_, g) => {
        const [more, less] = [step, -step].map(
          (change) => weighted(weights.map((w, i) => (i === g ? w + change : w)))[name],
        )
        return ((more ?? NaN) - (less ?? NaN)) / (2 * step)
      })
      const squares = slopes.reduce((sum, slope, g) => sum + at(weights, g) * slope ** 2, 0)
      return { scaled: weighted(weights)[name], error: Math.sqrt((8 / 7) * squares) }
    }
    const found = shapeIntervals(values, clusters, draws)
    for (const [name, back] of [
      ['standardDeviation', (scaled: number) => Math.sqrt(24 / 23) * Math.exp(scaled)],
      ['meanOverStandardDeviation', (scaled: number) => Math.sqrt(23 / 24) * scaled],
      ['skewness', Math.sinh],
      ['excessKurtosis', (scaled: number) => Math.exp(scaled) - 2],
    ] as const) {
      const observed = studied(Array<number>(8).fill(1), name)
      const draw = createResampling(8, draws.seed)
      const distances = Float64Array.from({ length: draws.draws }, () => {
        const { scaled, error } = studied([...draw()], name)
        return (scaled - observed.scaled) / error
      }).sort()
      expect(found[name].low).toBeCloseTo(back(observed.scaled - observed.error * quantile(distances, 0.975)), 4)
      expect(found[name].high).toBeCloseTo(back(observed.scaled - observed.error * quantile(distances, 0.025)), 4)
    }
  })

  it('does not depend on the unit, and but for the mean not on the place', () => {
    const clusters = every(24, 2)
    const found = shapeIntervals(values, clusters, draws)
    const moved = shapeIntervals(
      values.map((value) => 1000 * value + 5),
      clusters,
      draws,
    )
    expect(moved.skewness.low).toBeCloseTo(found.skewness.low, 8)
    expect(moved.excessKurtosis.high).toBeCloseTo(found.excessKurtosis.high, 8)
    expect(moved.standardDeviation.high / found.standardDeviation.high).toBeCloseTo(1000, 6)
    expect(moved.adjustedSkewness.low).toBeCloseTo((found.skewness.low * Math.sqrt(24 * 23)) / 22, 8)
  })

  it('is not defined for equal values, and has no bounds for one cluster', () => {
    const equal = shapeIntervals([0.1, 0.1, 0.1, 0.1], every(4, 1), draws)
    expect(equal.standardDeviation).toEqual({ value: 0, low: NaN, high: NaN })
    for (const name of ['meanOverStandardDeviation', 'skewness', 'adjustedExcessKurtosis'] as const)
      expect(equal[name]).toEqual({ value: NaN, low: NaN, high: NaN })
    const single = shapeIntervals([1, 2, 4, 3], every(4, 4), draws)
    expect(single.skewness.value).not.toBeNaN()
    for (const { low, high } of Object.values(single)) expect([low, high]).toEqual([NaN, NaN])
    const few = shapeIntervals([1, 2, 4], every(3, 1), draws)
    expect(few.adjustedSkewness.value).not.toBeNaN()
    expect(few.adjustedExcessKurtosis.value).toBeNaN()
    expect(shapeIntervals([1, 2], every(2, 1), draws).adjustedSkewness.value).toBeNaN()
  })

  it('joins very many clusters, and still covers', () => {
    const many = Float64Array.from({ length: 20_000 }, () => random.normal())
    const { standardDeviation, skewness } = shapeIntervals(many, every(20_000, 1), draws)
    // The errors of normal values: 1 / sqrt(2 n) and sqrt(6 / n).
    expect((standardDeviation.high - standardDeviation.low) / (3.92 / Math.sqrt(40_000))).toBeCloseTo(1, 0)
    expect((skewness.high - skewness.low) / (3.92 * Math.sqrt(6 / 20_000))).toBeCloseTo(1, 0)
  })

  it.each([{ size: 1 }, { size: 5 }])('is covered in about 95 of 100 simulations, $size pairs a prompt', ({ size }) => {
    const truth = { standardDeviation: 1, meanOverStandardDeviation: 0.5, skewness: 0, excessKurtosis: 0 }
    const covered = { standardDeviation: 0, meanOverStandardDeviation: 0, skewness: 0, excessKurtosis: 0 }
    const names = Object.keys(truth) as (keyof typeof truth)[]
    for (let trial = 0; trial < 150; trial++) {
      const common = Float64Array.from({ length: 200 / size }, () => random.normal())
      const drawn = Float64Array.from(
        { length: 200 },
        (_, i) => 0.5 + Math.sqrt(0.3) * at(common, Math.floor(i / size)) + Math.sqrt(0.7) * random.normal(),
      )
      const found = shapeIntervals(drawn, every(200, size), { draws: 99, seed: trial })
      for (const name of names) if (found[name].low <= truth[name] && truth[name] <= found[name].high) covered[name]++
    }
    // 95 % of 150 has a standard error of 1.8 points. With 200 values, kurtosis is covered in 88 % (docs/statistics.md).
    for (const name of names) expect(covered[name] / 150, name).toBeGreaterThan(name === 'excessKurtosis' ? 0.8 : 0.88)
  })
})
