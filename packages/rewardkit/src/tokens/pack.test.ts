import { expect, test } from 'vitest'
import { splitPrefix } from './encode.ts'
import { countTokens, packGroups, planMicroBatches } from './pack.ts'

const group = (...sequences: number[][]) =>
  splitPrefix(
    sequences.map((ids) => Int32Array.from(ids)),
    false,
  )

test('a packed row gives back every sequence with its positions and its pooled token', () => {
  const groups = [
    [
      [5, 6, 7, 8],
      [5, 6, 9],
      [5, 6, 7, 8],
    ],
    [
      [1, 2],
      [3, 2],
    ],
    [[4]],
  ]
  const packed = packGroups(groups.map((sequences) => group(...sequences)))
  expect(packed.ids.length).toBe(5 + 4 + 1)
  packed.groups.forEach((place, index) => {
    const { start, prefixLength, branchLengths, pooled } = place
    const row = (from: number, to: number) => Array.from(packed.ids.subarray(from, to), Number)
    const prefix = row(start, start + prefixLength)
    const ends: number[] = []
    let offset = start + prefixLength
    const sequences = branchLengths.map((length) => {
      const sequence = [...prefix, ...row(offset, offset + length)]
      const positions = [
        ...packed.positions.slice(start, start + prefixLength),
        ...packed.positions.slice(offset, offset + length),
      ]
      expect(positions.map(Number)).toEqual(sequence.map((_, position) => position))
      offset += length
      ends.push(offset - 1)
      return sequence
    })
    expect(pooled.map((end) => sequences[ends.indexOf(end)])).toEqual(groups[index])
  })
})

test('the prefix is shared as far as all sequences agree, and leaves each branch a token', () => {
  expect(group([1, 2, 3, 4], [1, 2, 5])).toMatchObject({ prefix: Int32Array.of(1, 2), branchOf: [0, 1] })
  expect(group([1, 2, 3], [1, 2])).toMatchObject({
    prefix: Int32Array.of(1),
    branches: [Int32Array.of(2, 3), Int32Array.of(2)],
  })
  expect(group([1, 2, 3], [1, 2, 3])).toEqual({
    prefix: Int32Array.of(1, 2),
    branches: [Int32Array.of(3)],
    branchOf: [0, 0],
    truncated: false,
  })
  expect(group([1], [2]).prefix).toHaveLength(0)
})

test('micro-batches keep order and budget; a group over the budget goes alone', () => {
  const groups = [3, 3, 4, 20, 2, 9, 1].map((length) => group(Array.from({ length }, (_, index) => index)))
  expect(groups.map(countTokens)).toEqual([3, 3, 4, 20, 2, 9, 1])
  expect(planMicroBatches(groups, 10)).toEqual([[0, 1, 2], [3], [4], [5, 6]])
  expect(planMicroBatches(groups, 1000)).toEqual([[0, 1, 2, 3, 4, 5, 6]])
  expect(planMicroBatches(groups.slice(3, 5), 10)).toEqual([[0], [1]])
  expect(planMicroBatches([], 10)).toEqual([])
})
