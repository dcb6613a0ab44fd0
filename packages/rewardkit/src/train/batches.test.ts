import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { epochBatches, planSteps } from './batches.ts'

const lists = (batches: Uint32Array[]) => batches.map((batch) => [...batch])

describe('epochBatches', () => {
  const pairs = Array<number>(10).fill(1)

  it('takes every group once and keeps a smaller last batch', () => {
    const batches = epochBatches(pairs, 4, 0, 0)
    expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2])
    expect(
      lists(batches)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual([...pairs.keys()])
  })

  it('is fixed by seed and epoch, and differs between them', () => {
    expect(lists(epochBatches(pairs, 4, 3, 1))).toEqual(lists(epochBatches(pairs, 4, 3, 1)))
    expect(lists(epochBatches(pairs, 4, 3, 1))).not.toEqual(lists(epochBatches(pairs, 4, 3, 2)))
    expect(lists(epochBatches(pairs, 4, 3, 1))).not.toEqual(lists(epochBatches(pairs, 4, 4, 1)))
  })

  it('counts preferences, never splits a group, and lets a large group go alone', () => {
    const mixed = [3, 3, 9, 1]
    for (let seed = 0; seed < 20; seed++) {
      const batches = lists(epochBatches(mixed, 4, seed, 0))
      expect(batches.flat()).toHaveLength(4)
      for (const batch of batches) {
        const count = batch.reduce((sum, group) => sum + at(mixed, group), 0)
        expect(count <= 4 || batch.length === 1).toBe(true)
      }
    }
  })
})

describe('planSteps', () => {
  it('strings the epochs together and stops at the last step', () => {
    const counts = Array<number>(10).fill(1)
    const plan = planSteps(counts, { batchSize: 4, seed: 5, epochs: 2 })
    expect(plan.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 1, 1, 1])
    expect(plan.slice(3).map(({ groups }) => groups)).toEqual(epochBatches(counts, 4, 5, 1))
    expect(planSteps(counts, { batchSize: 4, seed: 5, epochs: 9, maxSteps: 4 })).toEqual(plan.slice(0, 4))
  })
})
