import { expect, it } from 'vitest'
import { at, uint32At } from './at.ts'

it('gives elements of arrays and typed arrays, also those that are zero, NaN or empty', () => {
  expect(at([3, 0], 1)).toBe(0)
  expect(at(Float32Array.of(NaN), 0)).toBeNaN()
  expect(at([''], 0)).toBe('')
  expect(uint32At(Uint32Array.of(0, 2 ** 32 - 1), 1)).toBe(2 ** 32 - 1)
})

it.each([-1, 2, 0.5, NaN])('throws for the index %d of two', (index) => {
  const error = new RangeError(`index ${index} in an array of 2`)
  expect(() => at([1, 2], index)).toThrow(error)
  expect(() => uint32At(Uint32Array.of(1, 2), index)).toThrow(error)
})
