import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fitLogistic, meanLogLoss, products, rowsAt, type SparseRows } from './sparse-logistic.ts'

const fixture = z
  .object({
    width: z.number(),
    rows: z.array(z.array(z.tuple([z.number(), z.number()]))),
    fits: z.array(z.object({ penalty: z.number(), weights: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/logistic.json', import.meta.url), 'utf8')))

function sparse(rows: readonly (readonly (readonly [number, number])[])[], width: number): SparseRows {
  const entries = rows.flat()
  let end = 0
  return {
    starts: Int32Array.of(0, ...rows.map((row) => (end += row.length))),
    columns: Int32Array.from(entries, ([column]) => column),
    values: Float32Array.from(entries, ([, value]) => value),
    width,
  }
}

const rows = sparse(fixture.rows, fixture.width)

describe('fitLogistic', () => {
  it.each(fixture.fits)('finds the weights of scikit-learn to 1e-7, penalty $penalty', ({ penalty, weights }) => {
    const fitted = fitLogistic(rows, penalty, { tolerance: 1e-10 })
    const largest = Math.max(...weights.map((weight, i) => Math.abs(weight - (fitted[i] ?? NaN))))
    expect(largest).toBeLessThan(1e-7)
  })

  it('finds the same from any start', () => {
    const start = new Float64Array(fixture.width).fill(3)
    const fitted = fitLogistic(rows, 3, { tolerance: 1e-10, start })
    const expected = fitLogistic(rows, 3, { tolerance: 1e-10 })
    expect(Math.max(...fitted.map((weight, i) => Math.abs(weight - (expected[i] ?? NaN))))).toBeLessThan(1e-7)
    expect(start[0]).toBe(3)
  })

  it('leaves weights at 0 where no row says anything', () => {
    expect([...fitLogistic(sparse([[], []], 2), 1, { tolerance: 1e-4 })]).toEqual([0, 0])
    expect(fitLogistic(sparse([[], []], 0), 1, { tolerance: 1e-4 })).toHaveLength(0)
  })
})

it('rows are chosen by their indexes', () => {
  const some = rowsAt(rows, [4, 0])
  const weights = Float64Array.from({ length: fixture.width }, (_, i) => i + 1)
  const all = products(rows, weights)
  expect([...products(some, weights)]).toEqual([all[4], all[0]])
})

it('the log loss is that of the sigmoid, without overflow', () => {
  expect(meanLogLoss(Float64Array.of(0, 0))).toBeCloseTo(Math.log(2), 12)
  expect(meanLogLoss(Float64Array.of(-2000, 2000))).toBe(1000)
})
