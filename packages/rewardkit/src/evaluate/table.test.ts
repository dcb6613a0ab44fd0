import { expect, it } from 'vitest'
import { formatNumber, formatStatistic } from './table.ts'

it('writes a statistic and its interval in the same form', () => {
  expect(formatStatistic({ value: -0.0000463, low: -0.018, high: 0.018 })).toBe('0.000 (-0.018 to 0.018)')
  expect(formatStatistic({ value: 0.00002, low: 0.00001, high: 0.0003 })).toBe('2.00e-5 (1.00e-5 to 3.00e-4)')
  expect(formatStatistic({ value: 0, low: 0, high: 0 })).toBe('0.000 (0.000 to 0.000)')
  expect(formatStatistic({ value: 0.5, low: null, high: null })).toBe('0.500')
  expect(formatNumber(0.0004)).toBe('4.00e-4')
})
