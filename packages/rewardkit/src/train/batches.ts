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
