import { describe, expect, it } from 'vitest'
import type { EncodedGroup } from '../tokens/index.ts'
import { epochBatches } from './batches.ts'

const group = (id: number, preferences: number): EncodedGroup => ({
  id: String(id),
  promptId: String(id),
  subset: null,
  tokens: { prefix: new Int32Array(1), branches: [], branchOf: [], truncated: false },
  preferences: Array.from({ length: preferences }, () => ({ chosen: 0, rejected: 1 })),
})
const ids = (batches: EncodedGroup[][]) => batches.map((batch) => batch.map((one) => one.id))

describe('epochBatches', () => {
  const pairs = Array.from({ length: 10 }, (_, i) => group(i, 1))

  it('takes every group once and keeps a smaller last batch', () => {
    const batches = epochBatches(pairs, 4, 0, 0)
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2])
    expect(
      ids(batches)
        .flat()
        .sort((a, b) => Number(a) - Number(b)),
    ).toEqual(pairs.map((one) => one.id))
  })

  it('is fixed by seed and epoch, and differs between them', () => {
    expect(ids(epochBatches(pairs, 4, 3, 1))).toEqual(ids(epochBatches(pairs, 4, 3, 1)))
    expect(ids(epochBatches(pairs, 4, 3, 1))).not.toEqual(ids(epochBatches(pairs, 4, 3, 2)))
    expect(ids(epochBatches(pairs, 4, 3, 1))).not.toEqual(ids(epochBatches(pairs, 4, 4, 1)))
  })

  it('counts preferences, never splits a group, and lets a large group go alone', () => {
    const mixed = [group(0, 3), group(1, 3), group(2, 9), group(3, 1)]
    for (let seed = 0; seed < 20; seed++) {
      const batches = epochBatches(mixed, 4, seed, 0)
      expect(batches.flat()).toHaveLength(4)
      for (const batch of batches) {
        const count = batch.reduce((sum, one) => sum + one.preferences.length, 0)
        expect(count <= 4 || batch.length === 1).toBe(true)
      }
    }
  })
})
