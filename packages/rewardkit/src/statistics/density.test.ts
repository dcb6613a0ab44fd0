import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.ts'
import { kernelDensity } from './density.ts'
import { quantile } from './histogram.ts'

const numbers = z.array(z.number())
const cases = z
  .array(
    z.object({
      name: z.string(),
      values: numbers,
      grid: z.object({ low: z.number(), high: z.number(), points: z.number() }),
      density: numbers,
      bandwidth: z.number(),
      quantiles: z.array(z.object({ share: z.number(), value: z.number() })),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('fixtures/density.json', import.meta.url), 'utf8')))

describe('kernelDensity', () => {
  it.each(cases)('equals scipy on $name', ({ values, grid, density, bandwidth }) => {
    const estimate = kernelDensity(values, grid)
    const scale = Math.max(...density)
    expect((estimate?.bandwidth ?? 0) / bandwidth).toBeCloseTo(1, 12)
    expect(estimate?.x).toHaveLength(grid.points)
    for (const [index, expected] of density.entries()) {
      expect((estimate?.density[index] ?? Number.NaN) / scale).toBeCloseTo(expected / scale, 10)
    }
  })

  it('integrates to one', () => {
    const random = createRandom(3, 'density')
    const values = Array.from({ length: 300 }, () => 2 + 3 * random.normal())
    const estimate = kernelDensity(values, { low: -25, high: 30, points: 2001 })
    const step = 55 / 2000
    const integral = (estimate?.density ?? []).reduce((sum, density) => sum + density * step, 0)
    expect(integral).toBeCloseTo(1, 6)
  })

  it('condenses many values without a visible change', () => {
    const random = createRandom(8, 'density')
    const values = Float64Array.from({ length: 20_000 }, () => random.normal() + (random.uniform() < 0.3 ? 4 : 0))
    const grid = { low: -4, high: 8, points: 61 }
    const estimate = kernelDensity(values, grid)
    const bandwidth = estimate?.bandwidth ?? NaN
    const exact = estimate?.x.map(
      (x) => values.reduce((sum, value) => sum + Math.exp(-(((x - value) / bandwidth) ** 2) / 2), 0) / 20_000,
    )
    const largest = Math.max(...(exact ?? []))
    exact?.forEach((density, i) => {
      const found = (estimate?.density[i] ?? NaN) * bandwidth * Math.sqrt(2 * Math.PI)
      expect(Math.abs(found - density) / largest).toBeLessThan(2e-4)
    })
  })

  it.each([[[]], [[1]], [[2, 2, 2]]])('has nothing to draw for %j', (values) => {
    expect(kernelDensity(values, { low: 0, high: 1, points: 3 })).toBeNull()
  })
})

describe('quantile', () => {
  it.each(cases)('equals numpy on $name', ({ values, quantiles }) => {
    const sorted = values.toSorted((a, b) => a - b)
    for (const { share, value } of quantiles) expect(quantile(sorted, share)).toBeCloseTo(value, 12)
  })
})
