import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { histogram, roundEdges } from './histogram.ts'

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
