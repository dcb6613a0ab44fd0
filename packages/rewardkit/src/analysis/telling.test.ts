import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { tellingPairs } from './telling.ts'

const random = createRandom(1, 'telling')
const margins = Float64Array.from({ length: 1000 }, () => 1 + 2 * random.normal())
const table = { margins, pairs: margins.length }

describe('tellingPairs', () => {
  const found = tellingPairs(table, 100)
  const of = (reason: string) => found.filter((each) => each.reason === reason).map(({ pair }) => margins[pair] ?? NaN)
  const rising = margins.toSorted()

  it('are the surest mistakes, the nearest ties, the highest margins, and some of those ranked well', () => {
    expect(new Set(found.map(({ pair }) => pair)).size).toBe(100)
    expect(of('lowest margin')).toEqual(Array.from(rising.subarray(0, 50)))
    expect(of('highest margin')).toEqual(Array.from(rising.subarray(-10)).toReversed())
    const nearest = margins.map(Math.abs).toSorted().slice(0, 20)
    expect(of('smallest margin').map(Math.abs)).toEqual([...nearest])
    const well = of('well ranked')
    expect(well).toHaveLength(20)
    const right = rising.filter((margin) => margin > 0)
    const ranks = well.map((margin) => right.indexOf(margin) / right.length)
    for (const [place, rank] of ranks.entries()) expect(Math.abs(rank - place / 20)).toBeLessThan(0.06)
  })

  it('are all pairs, each once, where there are no more', () => {
    for (const count of [1000, 5000]) {
      expect(
        tellingPairs(table, count)
          .map(({ pair }) => pair)
          .toSorted((a, b) => a - b),
      ).toEqual([...margins.keys()])
    }
  })

  it('hold up with ties, one kind alone, no pair, and a margin that is undefined', () => {
    expect(tellingPairs({ margins: new Float64Array(3), pairs: 3 }, 2)).toHaveLength(2)
    expect(tellingPairs({ margins: Float64Array.of(1, 2, 3), pairs: 3 }, 2)).toHaveLength(2)
    expect(tellingPairs({ margins: new Float64Array(0), pairs: 0 }, 2)).toEqual([])
    expect(tellingPairs({ margins: Float64Array.of(1, NaN, 3), pairs: 3 }, 1)).toEqual([
      { pair: 1, reason: 'lowest margin' },
    ])
  })
})
