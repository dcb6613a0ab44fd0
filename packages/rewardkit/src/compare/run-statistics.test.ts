import { expect, it } from 'vitest'
import { runStatistics } from './run-statistics.ts'

it('has the mean over the standard deviation that an evaluation has', () => {
  const margins = Float64Array.of(1, -0.5, 2, 0.25, 3)
  const table = { margins, chosenRewards: margins, rejectedRewards: new Float64Array(5) }
  const { scaledMargins, ofMargins } = runStatistics(table, { of: Int32Array.of(0, 0, 1, 1, 2), count: 3 })
  const mean = scaledMargins.reduce((sum, value) => sum + value, 0) / 5
  expect(mean).toBeCloseTo(ofMargins.mean_over_standard_deviation, 12)
})
