import { type BestOfK, bestOfK } from './best-of-k.ts'
import { groupsOf } from './group-rewards.ts'
import type { RewardTable } from './reward-table.ts'
import { type RewardBench2, rewardBench2 } from './rewardbench2.ts'
import { type RmBench, rmBench } from './rm-bench.ts'

/** What groups of several responses show, each part where there are such groups. */
export interface Groups {
  /** Groups with more than one preference. */
  readonly groups: number
  readonly best_of_k?: BestOfK
  readonly rewardbench2?: RewardBench2
  readonly rm_bench?: RmBench
}

/** What the groups of a table show; undefined where every pair stands alone. */
export function groupSummary(table: RewardTable): Groups | undefined {
  if (!table.groups) return undefined
  const groups = groupsOf(table, table.groups)
  const parts = {
    best_of_k: bestOfK(groups, table),
    rewardbench2: rewardBench2(groups, table),
    rm_bench: rmBench(groups, table),
  }
  const present = Object.entries(parts).filter(([, part]) => part !== undefined)
  return { groups: groups.length, ...Object.fromEntries(present) }
}
