import { noGradient, scope } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute.ts'
import { Interrupted } from '../errors.ts'
import { forward, type RewardModel } from '../models/index.ts'
import { type EncodedGroup, packGroups, planMicroBatches, type TokenGroup } from '../tokens/index.ts'
import type { RewardRow } from './types.ts'

export interface RewardOptions {
  readonly microBatchTokens: number
  readonly dtype: ComputeDtype
  /** Called after each micro-batch with the number of groups that are done. */
  readonly onProgress?: (done: number) => void
  /** Asked before each micro-batch; once true, Interrupted is thrown. */
  readonly shouldStop?: () => boolean
}

/**
 * The reward of every response of every group (float32), without gradients, by micro-batches of limited tokens. A group
 * of more tokens is read in parts, each with the prefix again, so that memory does not grow with its responses.
 */
export function computeRewards(
  model: RewardModel,
  groups: readonly TokenGroup[],
  options: RewardOptions,
): Float32Array[] {
  const parts = groups.flatMap((group, at) => partsOf(group, options.microBatchTokens).map((part) => ({ part, at })))
  const branchRewards = groups.map((): number[] => [])
  for (const indexes of planMicroBatches(
    parts.map(({ part }) => part),
    options.microBatchTokens,
  )) {
    if (options.shouldStop?.()) throw new Interrupted('stopped on request')
    const members = indexes.flatMap((i) => parts[i] ?? [])
    const packed = packGroups(members.map(({ part }) => part))
    const values = scope(() => noGradient(() => forward(model, packed, options.dtype).float32()))
    let offset = 0
    for (const { part, at } of members) {
      branchRewards[at]?.push(...values.subarray(offset, offset + part.branches.length))
      offset += part.branches.length
    }
    options.onProgress?.(parts[(indexes.at(-1) ?? 0) + 1]?.at ?? groups.length)
  }
  return groups.map(({ branchOf }, at) => Float32Array.from(branchOf, (branch) => branchRewards[at]?.[branch] ?? NaN))
}

/** The branches of a group in as few parts as keep to the budget, one reward for each branch. */
function partsOf({ prefix, branches, truncated }: TokenGroup, budget: number): TokenGroup[] {
  const parts: Int32Array[][] = []
  let used = Infinity
  for (const branch of branches) {
    if (used + branch.length > budget) {
      parts.push([])
      used = prefix.length
    }
    parts.at(-1)?.push(branch)
    used += branch.length
  }
  return parts.map((part) => ({ prefix, branches: part, branchOf: part.map((_, k) => k), truncated }))
}

/** One row for each preference, in order; ids of several preferences of one group are told apart by their responses. */
export function rewardRows(groups: readonly EncodedGroup[], rewards: readonly Float32Array[]): RewardRow[] {
  return groups.flatMap((group, i) =>
    group.preferences.map(({ chosen, rejected, margin }): RewardRow => {
      const chosenReward = rewards[i]?.[chosen] ?? NaN
      const rejectedReward = rewards[i]?.[rejected] ?? NaN
      return {
        schema_version: 1,
        id: group.preferences.length > 1 ? `${group.id}#${chosen}-${rejected}` : group.id,
        prompt_id: group.promptId,
        subset: group.subset,
        chosen_reward: chosenReward,
        rejected_reward: rejectedReward,
        reward_margin: chosenReward - rejectedReward,
        ...(margin !== undefined && { annotated_margin: margin }),
        chosen_tokens: sequenceLength(group.tokens, chosen),
        rejected_tokens: sequenceLength(group.tokens, rejected),
        truncated: group.tokens.truncated,
      }
    }),
  )
}

function sequenceLength({ prefix, branches, branchOf }: TokenGroup, response: number): number {
  return prefix.length + (branches[branchOf[response] ?? 0]?.length ?? 0)
}
