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

/**
 * Cuts an effective batch into micro-batches of at most `tokenBudget` tokens: lists of indexes into `groups`, in their
 * order, so that neither pair order nor the order of accumulation depends on anything else. A group larger than the
 * budget goes alone.
 */
export function planMicroBatches(groups: readonly TokenGroup[], tokenBudget: number): number[][] {
  const plan: number[][] = []
  let used = Infinity
  groups.forEach((group, index) => {
    const tokens = countTokens(group)
    const current = plan.at(-1)
    if (current === undefined || used + tokens > tokenBudget) {
      plan.push([index])
      used = tokens
    } else {
      current.push(index)
      used += tokens
    }
  })
  return plan
}
