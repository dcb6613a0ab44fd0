import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { createRandom } from '../random.ts'
import { histogram, kernelDensity, quantile, roundEdges } from './density.ts'

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

describe('histogram', () => {
  it('puts a value on an edge into the bar to its right, and the largest edge into the last bar', () => {
    expect(histogram([0, 1, 1.5, 2, 3, 3], [0, 1, 2, 3]).map(({ count }) => count)).toEqual([1, 2, 3])
  })

  it('counts every value between round edges, and no bar crosses zero', () => {
    const random = createRandom(5, 'histogram')
    for (const scale of [1e-7, 0.3, 40, 1e6]) {
      const values = Array.from({ length: 200 }, () => scale * (random.normal() + 0.4))
      const edges = roundEdges(Math.min(...values), Math.max(...values), 32)
      const bars = histogram(values, edges)
      expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(200)
      expect(bars.some(({ low, high }) => low < 0 && high > 0)).toBe(false)
      expect(bars.length).toBeGreaterThan(12)
      expect(bars.length).toBeLessThan(36)
    }
  })

  it('has a bar for values that are all equal', () => {
    for (const value of [0, 2.5, -1]) {
      const bars = histogram([value, value], roundEdges(value, value, 32))
      expect(bars.reduce((sum, { count }) => sum + count, 0)).toBe(2)
    }
  })
})
