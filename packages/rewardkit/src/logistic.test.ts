import { expect, test } from 'vitest'
import { sigmoid } from './logistic.ts'

test('the sigmoid keeps its digits where it is nearly 0', () => {
  for (const x of [-1, -20, -700, -720]) expect(sigmoid(x) / Math.exp(x - Math.log1p(Math.exp(x)))).toBeCloseTo(1, 12)
  for (const x of [0.3, 0.9, 5]) expect(sigmoid(x) + sigmoid(-x)).toBeCloseTo(1, 14)
  expect(sigmoid(-800)).toBe(0)
  expect(sigmoid(800)).toBe(1)
})
