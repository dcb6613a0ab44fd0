import { createRandom, shuffled } from '../random.ts'
import type { EncodedGroup } from '../tokens/index.ts'

/**
 * The effective batches of an epoch: groups in the order that seed and epoch fix, each batch as many groups as have at
 * most `batchSize` preferences together (at least one group). The last batch may be smaller; nothing is left out.
 */
export function epochBatches(
  groups: readonly EncodedGroup[],
  batchSize: number,
  seed: number,
  epoch: number,
): EncodedGroup[][] {
  const batches: EncodedGroup[][] = []
  let batch: EncodedGroup[] = []
  let preferences = 0
  for (const group of shuffled(groups, createRandom(seed, `order of epoch ${epoch}`))) {
    if (batch.length > 0 && preferences + group.preferences.length > batchSize) {
      batches.push(batch)
      batch = []
      preferences = 0
    }
    batch.push(group)
    preferences += group.preferences.length
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

/** One optimizer step of the plan: which epoch it belongs to, and its effective batch. */
export interface PlannedStep {
  readonly epoch: number
  readonly groups: readonly EncodedGroup[]
}

/** All steps of a run in order: fixed by data, batch size, seed and epochs, so that a step's number is the cursor. */
export function planSteps(
  groups: readonly EncodedGroup[],
  options: {
    readonly batchSize: number
    readonly seed: number
    readonly epochs: number
    readonly maxSteps?: number | undefined
  },
): PlannedStep[] {
  const plan: PlannedStep[] = []
  for (let epoch = 0; epoch < options.epochs && plan.length < (options.maxSteps ?? Infinity); epoch++)
    for (const batch of epochBatches(groups, options.batchSize, options.seed, epoch))
      plan.push({ epoch, groups: batch })
  return plan.slice(0, options.maxSteps)
}
