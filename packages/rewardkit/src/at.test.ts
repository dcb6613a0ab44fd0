import { expect, it } from 'vitest'
import { at } from './at.ts'

it('gives elements of arrays and typed arrays, also those that are zero, NaN or empty', () => {
  expect(at([3, 0], 1)).toBe(0)
  expect(at(Float32Array.of(NaN), 0)).toBeNaN()
  expect(at([''], 0)).toBe('')
})

it.each([-1, 2, 0.5, NaN])('throws for the index %d of two', (index) => {
  expect(() => at(Int32Array.of(1, 2), index)).toThrow(new RangeError(`index ${index} in an array of 2`))
})
