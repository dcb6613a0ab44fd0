import { expect, test } from 'vitest'
import { commonPrefixLength, hasRoom } from './truncate.ts'

const lengths = (keep: number, ...all: number[]) => ({ ids: all.map((length) => new Int32Array(length)), keep })

test('a response has room where it fits, or keeps a token before the ending', () => {
  expect(hasRoom(lengths(1, 8), [8], 8)).toBe(true)
  expect(hasRoom(lengths(1, 9), [6], 8)).toBe(true)
  expect(hasRoom(lengths(1, 9), [7], 8)).toBe(false)
  expect(hasRoom(lengths(2, 9), [6], 8)).toBe(false)
  expect(hasRoom(lengths(1, 5, 9), [2, 7], 8)).toBe(false)
  expect(hasRoom(lengths(1, 9, 5), [7, 2], 8)).toBe(false)
})

test('sequences have ids in common up to the first that any of them has otherwise', () => {
  const common = (...all: number[][]) => commonPrefixLength(all.map((ids) => Int32Array.from(ids)))
  expect(common([1, 2, 3], [1, 2, 4])).toBe(2)
  expect(common([1, 2, 3], [1, 2, 3], [1, 5, 3])).toBe(1)
  expect(common([1, 2], [3, 2])).toBe(0)
  expect(common([1, 2], [1, 2])).toBe(2)
  expect(common([1, 2], [1])).toBe(1)
  expect(common([1], [1, 2])).toBe(1)
  expect(common([1, 2, 3])).toBe(3)
  expect(common()).toBe(0)
})
