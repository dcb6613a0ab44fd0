import { noGradient, scope, type Tensor } from '@rewardkit/torch'
import type { TextReader } from '../analysis/text-features.ts'
import { at } from '../at.ts'
import type { ComputeDtype } from '../compute-options.ts'
import { Interrupted } from '../errors.ts'
import { forward, type RewardNetwork } from '../models/index.ts'
import { type EncodedGroup, microBatchesOf, packGroups, type TokenGroup } from '../tokens/index.ts'
import type { RewardRow } from '../statistics/types.ts'

/**
 * The rewards of all responses of some groups, which go through the model at once: float32, [responses], in order. If
 * gradients are recorded, they have the graph that leads back to the trained parameters.
 */
export type RewardsOf = (groups: readonly TokenGroup[]) => Tensor

/** The rewards of a whole model on whole sequences. */
export const wholeModel =
  (model: RewardNetwork, dtype: ComputeDtype): RewardsOf =>
  (groups) =>
    forward(model, packGroups(groups), dtype)

export interface RewardOptions {
  readonly microBatchTokens: number
  /** Asked before each micro-batch; once true, Interrupted is thrown. */
  readonly shouldStop?: () => boolean
}

/** A group with the reward of each of its responses (float32). */
interface Rewarded<T> {
  readonly group: T
  readonly rewards: Float32Array
}

/** A group with at most this many micro-batches of tokens has its prefix go through the model once. */
const microBatchesOfAGroup = 8

/**
 * Rewards without gradients, in the order of the groups: a list for each micro-batch of limited tokens. A larger group
 * goes alone; one that is larger by far is read in parts, each with the prefix again, so that memory does not grow with
 * its responses.
 */
export function* rewardsByMicroBatch<T>(
  rewardsOf: RewardsOf,
  groups: Iterable<T>,
  tokensOf: (group: T) => TokenGroup,
  options: RewardOptions,
): Generator<Rewarded<T>[]> {
  const budget = options.microBatchTokens
  let branchRewards: number[] = []
  for (const members of microBatchesOf(partsOf(groups, tokensOf, budget), ({ part }) => part, budget)) {
    if (options.shouldStop?.()) throw new Interrupted('stopped on request')
    const parts = members.map(({ part }) => part)
    const values = scope(() => noGradient(() => rewardsOf(parts).float32()))
    const complete: Rewarded<T>[] = []
    let offset = 0
    for (const { group, part, isLast } of members) {
      branchRewards.push(...values.subarray(offset, offset + part.branches.length))
      offset += part.branches.length
      if (!isLast) continue
      const rewards = Float32Array.from(tokensOf(group).branchOf, (branch) => at(branchRewards, branch))
      complete.push({ group, rewards })
      branchRewards = []
    }
    yield complete
  }
}

/** Each group's branches in as few parts as keep to the tokens that a group may have. */
export function* partsOf<T>(
  groups: Iterable<T>,
  tokensOf: (group: T) => TokenGroup,
  microBatchTokens: number,
): Generator<{ group: T; part: TokenGroup; isLast: boolean }> {
  for (const group of groups) {
    const parts = splitGroup(tokensOf(group), microBatchesOfAGroup * microBatchTokens)
    for (const [index, part] of parts.entries()) yield { group, part, isLast: index === parts.length - 1 }
  }
}

/** A group's branches in as few parts as keep to `budget` tokens, each with the prefix. */
export function splitGroup({ prefix, branches, starts, truncated }: TokenGroup, budget: number): TokenGroup[] {
  const parts: TokenGroup[] = []
  let part: Int32Array[] = []
  let used = prefix.length
  for (const [index, branch] of branches.entries()) {
    part.push(branch)
    used += branch.length
    const next = branches[index + 1]
    if (next && used + next.length <= budget) continue
    const theirs = starts && { starts: starts.slice(index + 1 - part.length, index + 1) }
    parts.push({ prefix, branches: part, branchOf: [...part.keys()], ...theirs, truncated })
    part = []
    used = prefix.length
  }
  return parts
}

/** The reward of every response of every group (float32), without gradients. */
export function computeRewards(
  model: RewardNetwork,
  groups: readonly TokenGroup[],
  options: RewardOptions & { readonly dtype: ComputeDtype },
): Float32Array[] {
  const batches = [...rewardsByMicroBatch(wholeModel(model, options.dtype), groups, (group) => group, options)]
  return batches.flat().map(({ rewards }) => rewards)
}

/**
 * One row for each preference, in order; ids of several preferences of one group are told apart by their responses.
 * `texts` reads what the texts are like, where the group has them.
 */
export function rewardRows(group: EncodedGroup, rewards: Float32Array, texts?: TextReader): RewardRow[] {
  const featuresOf = group.texts && texts?.read(group.texts)
  return group.preferences.map((preference): RewardRow => {
    const { chosen, rejected, margin } = preference
    const isOneOfSeveral = group.preferences.length > 1
    const id = isOneOfSeveral ? `${group.id}#${chosen}-${rejected}` : group.id
    const chosenReward = at(rewards, chosen)
    const rejectedReward = at(rewards, rejected)
    return {
      schema_version: 1,
      id,
      prompt_id: group.promptId,
      subset: group.subset,
      chosen_reward: chosenReward,
      rejected_reward: rejectedReward,
      reward_margin: chosenReward - rejectedReward,
      ...(margin !== undefined && { annotated_margin: margin }),
      chosen_tokens: sequenceLength(group.tokens, chosen),
      rejected_tokens: sequenceLength(group.tokens, rejected),
      truncated: group.tokens.truncated,
      ...(isOneOfSeveral && {
        group_id: group.id,
        chosen_response: chosen,
        rejected_response: rejected,
        ...(group.layout !== undefined && { layout: group.layout }),
      }),
      ...featuresOf?.(preference, id),
    }
  })
}

function sequenceLength({ prefix, branches, branchOf }: TokenGroup, response: number): number {
  return prefix.length + at(branches, at(branchOf, response)).length
}
