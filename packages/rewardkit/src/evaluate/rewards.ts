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

/** The reward of every response of every group (float32), without gradients, by micro-batches of limited tokens. */
export function computeRewards(
  model: RewardModel,
  groups: readonly TokenGroup[],
  options: RewardOptions,
): Float32Array[] {
  const rewards: Float32Array[] = []
  for (const indexes of planMicroBatches(groups, options.microBatchTokens)) {
    if (options.shouldStop?.()) throw new Interrupted('stopped on request')
    const members = indexes.flatMap((i) => groups[i] ?? [])
    const values = scope(() => noGradient(() => forward(model, packGroups(members), options.dtype).float32()))
    let offset = 0
    for (const group of members) {
      rewards.push(values.slice(offset, offset + group.branchOf.length))
      offset += group.branchOf.length
    }
    options.onProgress?.(rewards.length)
  }
  return rewards
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
