import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bestTemperature, logLoss, marginStatistics } from './statistics.ts'

const fixture = z
  .object({
    samples: z.array(
      z.object({
        margins: z.array(z.number()),
        mean: z.number(),
        standard_deviation: z.number(),
        skewness: z.number(),
        excess_kurtosis: z.number(),
        share_below_zero: z.number(),
        log_loss: z.number(),
        temperature: z.number(),
        log_loss_after_temperature: z.number(),
      }),
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
})

it('takes margins that differ by the rounding of rewards for equal ones', () => {
  const found = marginStatistics(Array.from({ length: 50 }, (_, i) => i * 0.1 + 0.3 - i * 0.1))
  expect(found.mean).toBeCloseTo(0.3, 12)
  expect(found).toMatchObject({ standard_deviation: 0, mean_over_standard_deviation: NaN, skewness: NaN })
  expect(marginStatistics([1, 1 + 1e-9]).standard_deviation).toBeCloseTo(7.07e-10, 12)
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
