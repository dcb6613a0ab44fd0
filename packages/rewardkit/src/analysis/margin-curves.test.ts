import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { normalCdf } from '../statistics/distributions.ts'
import { marginCurves } from './margin-curves.ts'

describe('marginCurves', () => {
  const random = createRandom(3, 'curves')
  const margins = Float64Array.from({ length: 30_000 }, () => 1 + 2 * random.normal())
  const curves = marginCurves(margins)

  it('of normal margins are the normal curves', () => {
    for (const { x, share } of curves.cumulative) expect(Math.abs(share - normalCdf((x - 1) / 2))).toBeLessThan(0.012)
    for (const { normal, margin } of curves.normal_quantiles.slice(5, -5))
      expect(Math.abs(margin - 1 - 2 * normal)).toBeLessThan(0.15)
    curves.density?.x.forEach((x, i) => {
      const normal = Math.exp(-(((x - 1) / 2) ** 2) / 2) / (2 * Math.sqrt(2 * Math.PI))
      expect(Math.abs(at(curves.density?.density ?? [], i) - normal)).toBeLessThan(0.012)
    })
    expect(curves.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(30_000)
  })

  it('stay small, and take a range that models share', () => {
    expect(JSON.stringify(curves).length).toBeLessThan(40_000)
    const { density } = marginCurves(margins, { low: -20, high: 20 })
    expect([density?.x[0], density?.x.at(-1)]).toEqual([-20, 20])
  })

  it('of a few margins have each of them', () => {
    const few = marginCurves(Float64Array.of(3, 1, 2))
    expect(few.normal_quantiles.map(({ margin }) => margin)).toEqual([1, 2, 3])
    expect(few.cumulative.at(-1)).toEqual({ x: 3, share: 1 })
    expect(marginCurves(Float64Array.of(2, 2)).density).toBeNull()
  })
})
