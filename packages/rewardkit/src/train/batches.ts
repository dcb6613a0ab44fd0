import { at } from '../at.ts'
import { createRandom, shuffledIndexes } from '../random.ts'

/**
 * The effective batches of an epoch, as indexes of groups, in the order that seed and epoch fix. A batch takes groups
 * as long as they have at most `batchSize` preferences together, and always at least one. The last batch may be
 * smaller; nothing is left out. `preferenceCounts` are those of all groups.
 */
export function epochBatches(
  preferenceCounts: ArrayLike<number>,
  batchSize: number,
  seed: number,
  epoch: number,
): Uint32Array[] {
  const order = shuffledIndexes(preferenceCounts.length, createRandom(seed, `order of epoch ${epoch}`))
  const batches: Uint32Array[] = []
  let start = 0
  let preferences = 0
  order.forEach((group, position) => {
    const count = at(preferenceCounts, group)
    if (position > start && preferences + count > batchSize) {
      batches.push(order.subarray(start, position))
      start = position
      preferences = 0
    }
    preferences += count
  })
  if (order.length > 0) batches.push(order.subarray(start))
  return batches
}

/** One optimizer step of the plan: which epoch it belongs to, and the indexes of the groups of its effective batch. */
export interface PlannedStep {
  readonly epoch: number
  readonly groups: Uint32Array
}

/** All steps of a run in order: fixed by data, batch size, seed and epochs, so that a step's number is the cursor. */
export function planSteps(
  preferenceCounts: ArrayLike<number>,
  options: {
    readonly batchSize: number
    readonly seed: number
    readonly epochs: number
    readonly maxSteps?: number | undefined
  },
): PlannedStep[] {
  const plan: PlannedStep[] = []
  for (let epoch = 0; epoch < options.epochs && plan.length < (options.maxSteps ?? Infinity); epoch++)
    for (const batch of epochBatches(preferenceCounts, options.batchSize, options.seed, epoch))
      plan.push({ epoch, groups: batch })
  return plan.slice(0, options.maxSteps)
}
