import { expect, it } from 'vitest'
import { at } from './at.ts'
import { createRandom, shuffledIndexes } from './random.ts'

it('draws one after the other from a list that closes up with its last item', () => {
  for (const count of [0, 1, 2, 7, 1000]) {
    const random = createRandom(3, 'test')
    const left = Array.from({ length: count }, (_, index) => index)
    const expected: number[] = []
    while (left.length > 0) {
      const drawn = random.integer(left.length)
      expected.push(at(left, drawn))
      left[drawn] = left.at(-1) ?? NaN
      left.pop()
    }
    expect([...shuffledIndexes(count, createRandom(3, 'test'))]).toEqual(expected)
    expect(expected.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index))
  }
})
