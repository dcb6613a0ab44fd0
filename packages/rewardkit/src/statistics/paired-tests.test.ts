import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { every } from './fixtures/clusters.ts'
import { clusteredEstimate, shareDifferenceEstimate } from './intervals.ts'
import { equivalenceTest, holm, mcnemarExact } from './paired-tests.ts'
import { signFlipTest } from './sign-flips.ts'

const numbers = z.array(z.number())
const fixture = z
  .object({
    flips: z.array(z.object({ clusters: numbers, values: numbers, p: z.number(), mid_p: z.number() })),
    mcnemars: z.array(
      z.object({ a: z.number(), b: z.number(), p: z.number(), statsmodels: z.number(), mid_p: z.number() }),
    ),
    equivalences: z.array(z.object({ values: numbers, bound: z.number(), p: z.number() })),
    holms: z.array(z.object({ ps: numbers, adjusted: numbers })),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/tests.json', import.meta.url), 'utf8')))

const draws = { draws: 2000, seed: 1 }

describe('sign flips by cluster', () => {
  it.each(fixture.flips)('count all patterns of $values.length values', ({ clusters, values, p, mid_p }) => {
    const found = signFlipTest(values, { of: Int32Array.from(clusters), count: 50 }, draws)
    expect(found.p).toBeCloseTo(p, 12)
    expect(found.mid_p).toBeCloseTo(mid_p, 12)
  })

  it('are the same as McNemar with one pair a prompt', () => {
    for (const [a, b] of [
      [3, 9],
      [0, 7],
      [6, 6],
      [0, 0],
    ] as const) {
      const values = [...Array<number>(a).fill(1), ...Array<number>(b).fill(-1), 0, 0]
      const found = signFlipTest(values, every(values.length, 1), draws)
      const expected = mcnemarExact(a, b)
      expect(found.p).toBeCloseTo(expected.p, 12)
      expect(found.mid_p).toBeCloseTo(expected.mid_p, 12)
    }
  })

  it('are drawn where there are many clusters, close to the exact answer and with the observed one counted', () => {
    const values = Float64Array.from({ length: 300 }, (_, i) => (i < 60 ? 1 : i < 100 ? -1 : 0))
    const found = signFlipTest(values, every(300, 1), { draws: 20_000, seed: 2 })
    const expected = mcnemarExact(60, 40)
    // The Monte Carlo error at p = 0.057 and 20,000 draws is 0.0016.
    expect(Math.abs(found.p - expected.p)).toBeLessThan(0.006)
    expect(Math.abs(found.mid_p - expected.mid_p)).toBeLessThan(0.006)
    expect(signFlipTest(values, every(300, 1), { draws: 20_000, seed: 2 })).toEqual(found)
    const extreme = signFlipTest(new Float64Array(300).fill(1), every(300, 1), { draws: 99, seed: 3 })
    expect(extreme).toEqual({ p: 0.01, mid_p: 0.005 })
  })

  it('of very many clusters are normal', () => {
    const values = Float64Array.from({ length: 60_000 }, (_, i) => (i % 200 < 101 ? 1 : -1))
    const found = signFlipTest(values, every(60_000, 1), draws)
    const exact = mcnemarExact(30_300, 29_700)
    expect(Math.abs(found.mid_p / exact.mid_p - 1)).toBeLessThan(0.01)
  })

  it('take copies of a pair once', () => {
    const values = [1, 1, 1, 1, 1, -1, 1, 1]
    const twice = Float64Array.from({ length: 16 }, (_, i) => at(values, Math.floor(i / 2)))
    expect(signFlipTest(twice, every(16, 2), draws)).toEqual(signFlipTest(values, every(8, 1), draws))
  })

  it.each([{ size: 1 }, { size: 5 }])(
    'reject a true hypothesis in 5 of 100 simulations, $size pairs a prompt',
    ({ size }) => {
      const random = createRandom(4, 'size')
      const simulations = 600
      let rejected = 0
      for (let i = 0; i < simulations; i++) {
        const common = Float64Array.from({ length: 400 / size }, () => random.normal())
        const values = Float64Array.from({ length: 400 }, (_, pair) =>
          Math.round((at(common, Math.floor(pair / size)) + random.normal()) / 2),
        )
        if (signFlipTest(values, every(400, size), { draws: 299, seed: i }).mid_p <= 0.05) rejected++
      }
      // Its Monte Carlo error is 0.9 points.
      expect(rejected / simulations).toBeGreaterThan(0.025)
      expect(rejected / simulations).toBeLessThan(0.075)
    },
  )
})

describe("McNemar's test", () => {
  it.each(fixture.mcnemars)('of $a against $b is that of scipy and statsmodels', (one) => {
    const { p, mid_p } = mcnemarExact(one.a, one.b)
    expect(p).toBeCloseTo(one.p, 10)
    expect(p).toBeCloseTo(one.statsmodels, 10)
    expect(mid_p).toBeCloseTo(one.mid_p, 10)
    expect(mcnemarExact(one.b, one.a)).toEqual({ p, mid_p })
  })
})

describe('equivalence', () => {
  it.each(fixture.equivalences)('within $bound is that of statsmodels', ({ values, bound, p }) => {
    expect(equivalenceTest(clusteredEstimate(values, every(40, 1)), bound).p).toBeCloseTo(p, 10)
  })

  it.each([{ size: 1 }, { size: 10 }])(
    'is wrong at its bound in 5 of 100 simulations, $size pairs a prompt',
    ({ size }) => {
      const random = createRandom(7, 'equivalence')
      const simulations = 1000
      let rejected = 0
      for (let i = 0; i < simulations; i++) {
        const common = Float64Array.from({ length: 400 / size }, () => random.normal())
        const values = Float64Array.from({ length: 400 }, (_, pair) => {
          const own = Math.sqrt(0.7) * random.normal()
          return 0.3 + Math.sqrt(0.3) * at(common, Math.floor(pair / size)) + own
        })
        if (equivalenceTest(clusteredEstimate(values, every(400, size)), 0.3).p <= 0.05) rejected++
      }
      // Its Monte Carlo error is 0.7 points.
      expect(rejected / simulations).toBeGreaterThan(0.03)
      expect(rejected / simulations).toBeLessThan(0.07)
    },
  )

  it('is certain or excluded where nothing varies', () => {
    const constant = clusteredEstimate([0.1, 0.1, 0.1], every(3, 1))
    expect(equivalenceTest(constant, 0.2).p).toBe(0)
    expect(equivalenceTest(constant, 0.05).p).toBe(1)
  })

  it('is not certain for models that never differ', () => {
    expect(equivalenceTest(shareDifferenceEstimate(new Float64Array(50), every(50, 1)), 0.01).p).toBeGreaterThan(0.3)
    expect(equivalenceTest(shareDifferenceEstimate(new Float64Array(5000), every(5000, 1)), 0.01).p).toBeLessThan(0.01)
  })
})

describe("Holm's correction", () => {
  it.each(fixture.holms)('of $ps is that of statsmodels', ({ ps, adjusted }) => {
    for (const [i, p] of holm(ps).entries()) expect(p).toBeCloseTo(at(adjusted, i), 12)
  })

  it('leaves out what was not tested', () => {
    expect(holm([0.01, NaN, 0.04])).toEqual([0.02, NaN, 0.04])
    expect(holm([])).toEqual([])
  })
})
