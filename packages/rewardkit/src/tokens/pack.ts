import type { PackedBatch, PackedGroup, TokenGroup } from './sequence.ts'

/** Number of tokens that a group takes in a row: its prefix once and every branch. */
export function countTokens(group: TokenGroup): number {
  return group.branches.reduce((sum, branch) => sum + branch.length, group.prefix.length)
}

/**
 * Lays groups into one row without padding: each prefix, then its branches. Positions count within each sequence, so a
 * branch continues where its prefix ended.
 */
export function packGroups(groups: readonly TokenGroup[]): PackedBatch {
  const total = groups.reduce((sum, group) => sum + countTokens(group), 0)
  const ids = new BigInt64Array(total)
  const positions = new BigInt64Array(total)
  let offset = 0
  const lay = (tokens: Int32Array, firstPosition: number) => {
    tokens.forEach((id, index) => {
      ids[offset + index] = BigInt(id)
      positions[offset + index] = BigInt(firstPosition + index)
    })
    offset += tokens.length
    return offset - 1
  }
  const packed = groups.map(({ prefix, branches, branchOf }): PackedGroup => {
    const start = offset
    lay(prefix, 0)
    const lastOf = branches.map((branch) => lay(branch, prefix.length))
    return {
      start,
      prefixLength: prefix.length,
      branchLengths: branches.map((branch) => branch.length),
      pooled: branchOf.map((branch) => lastOf[branch] ?? start),
    }
  })
  return { ids, positions, groups: packed }
}

/** Cuts items into micro-batches of at most `tokenBudget` tokens, in their order. An item larger than the budget goes alone. */
export function* microBatchesOf<T>(
  items: Iterable<T>,
  tokensOf: (item: T) => TokenGroup,
  tokenBudget: number,
): Generator<T[]> {
  let batch: T[] = []
  let used = 0
  for (const item of items) {
    const tokens = countTokens(tokensOf(item))
    if (batch.length > 0 && used + tokens > tokenBudget) {
      yield batch
      batch = []
      used = 0
    }
    batch.push(item)
    used += tokens
  }
  if (batch.length > 0) yield batch
}

/**
 * The micro-batches of an effective batch as lists of indexes into `groups`, in their order, so that neither pair order
 * nor the order of accumulation depends on anything else.
 */
export function planMicroBatches(groups: readonly TokenGroup[], tokenBudget: number): number[][] {
  const batches = microBatchesOf(groups.entries(), ([, group]) => group, tokenBudget)
  return Array.from(batches, (batch) => batch.map(([index]) => index))
}
