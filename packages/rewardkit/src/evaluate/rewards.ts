import { noGradient, scope } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute.ts'
import { Interrupted } from '../errors.ts'
import { forward, type RewardModel } from '../models/index.ts'
import { type EncodedGroup, microBatchesOf, packGroups, type TokenGroup } from '../tokens/index.ts'
import type { RewardRow } from './types.ts'

export interface RewardOptions {
  readonly microBatchTokens: number
  readonly dtype: ComputeDtype
  /** Asked before each micro-batch; once true, Interrupted is thrown. */
  readonly shouldStop?: () => boolean
}

/** A group with the reward of each of its responses (float32). */
interface Rewarded<T> {
  readonly group: T
  readonly rewards: Float32Array
}

/** Rewards without gradients, in the order of the groups: a list for each micro-batch of limited tokens. */
export function* rewardsByMicroBatch<T>(
  model: RewardModel,
  groups: Iterable<T>,
  tokensOf: (group: T) => TokenGroup,
  options: RewardOptions,
): Generator<Rewarded<T>[]> {
  for (const members of microBatchesOf(groups, tokensOf, options.microBatchTokens)) {
    if (options.shouldStop?.()) throw new Interrupted('stopped on request')
    const packed = packGroups(members.map(tokensOf))
    const values = scope(() => noGradient(() => forward(model, packed, options.dtype).float32()))
    let offset = 0
    yield members.map((group) => {
      const rewards = values.slice(offset, offset + tokensOf(group).branchOf.length)
      offset += rewards.length
      return { group, rewards }
    })
  }
}

/** The reward of every response of every group (float32), without gradients. */
export function computeRewards(
  model: RewardModel,
  groups: readonly TokenGroup[],
  options: RewardOptions,
): Float32Array[] {
  const batches = [...rewardsByMicroBatch(model, groups, (group) => group, options)]
  return batches.flat().map(({ rewards }) => rewards)
}

/** One row for each preference, in order; ids of several preferences of one group are told apart by their responses. */
export function rewardRows(group: EncodedGroup, rewards: Float32Array): RewardRow[] {
  return group.preferences.map(({ chosen, rejected, margin }): RewardRow => {
    const chosenReward = rewards[chosen] ?? NaN
    const rejectedReward = rewards[rejected] ?? NaN
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
  })
}

function sequenceLength({ prefix, branches, branchOf }: TokenGroup, response: number): number {
  return prefix.length + (branches[branchOf[response] ?? 0]?.length ?? 0)
}
