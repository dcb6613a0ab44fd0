import { clusteredShare } from '../statistics/intervals.ts'
import type { Interval } from '../statistics/types.ts'
import type { GroupRewards } from './group-rewards.ts'
import { subsetsWithParents } from './pair-summary.ts'
import type { RewardTable } from './reward-table.ts'

/** How often the one right response of a group has the highest reward of all. */
export interface BestOfK extends GroupShare {
  /** The least and the most responses that a group has. */
  readonly least_responses: number
  readonly most_responses: number
  /** The accuracy of choosing at random: the mean of 1 / K. */
  readonly chance: number
  /** Groups in which another response has the reward of the right one, and none a higher one. They count as wrong. */
  readonly ties: number
  readonly subsets: Readonly<Record<string, GroupShare>>
}

/** A share of groups. */
export interface GroupShare {
  readonly groups: number
  readonly prompts: number
  readonly accuracy: Interval
}

/**
 * Best of K over the groups with one right response, which is compared with each of two or more others. These are RMB's
 * best of n, and RewardBench 2 without Ties, which has a rule of its own. A tie counts as wrong. Undefined where there is no such group.
 */
export function bestOfK(all: readonly GroupRewards[], table: RewardTable): BestOfK | undefined {
  const hasOwnRule = ({ layout, subset }: GroupRewards) =>
    layout === 'rewardbench2' && table.subsetNames[subset]?.toLowerCase() === 'ties'
  const groups = all.filter((group) => group.chosen.size === 1 && group.rejected.size > 1 && !hasOwnRule(group))
  if (groups.length === 0) return undefined
  const sizes = groups.map(({ rejected }) => rejected.size + 1)
  const subsets = [...subsetsWithParents(table.subsetNames)].flatMap(([name, numbers]) => {
    const members = groups.filter(({ subset }) => numbers.has(subset))
    return members.length === 0 ? [] : [[name, shareOf(members, table)] as const]
  })
  return {
    ...shareOf(groups, table),
    least_responses: sizes.reduce((least, size) => Math.min(least, size), Infinity),
    most_responses: sizes.reduce((most, size) => Math.max(most, size), 0),
    chance: sizes.reduce((sum, size) => sum + 1 / size, 0) / sizes.length,
    ties: groups.filter((group) => leadOf(group) === 0).length,
    subsets: Object.fromEntries(subsets),
  }
}

/** By how much the right response is above the best of the others. */
function leadOf({ chosen, rejected }: GroupRewards): number {
  const [right = NaN] = chosen.values()
  return right - Math.max(...rejected.values())
}

function shareOf(groups: readonly GroupRewards[], { promptIds }: RewardTable): GroupShare {
  const clusters = { of: Int32Array.from(groups, ({ prompt }) => prompt), count: promptIds.length }
  return {
    groups: groups.length,
    prompts: new Set(clusters.of).size,
    accuracy: clusteredShare(
      groups.map((group) => (leadOf(group) > 0 ? 1 : 0)),
      clusters,
    ),
  }
}
