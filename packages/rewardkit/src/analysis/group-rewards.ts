import { at } from '../at.ts'
import type { GroupColumns } from './group-columns.ts'
import type { RewardTable } from './reward-table.ts'

/** The responses of one group that pairs compare, by their index, with their rewards. */
export interface GroupRewards {
  readonly id: string
  readonly prompt: number
  /** -1 for none. */
  readonly subset: number
  readonly layout: string | undefined
  readonly pairs: readonly number[]
  readonly chosen: ReadonlyMap<number, number>
  readonly rejected: ReadonlyMap<number, number>
}

/** The groups of a table, in the order in which their first pairs come. */
export function groupsOf(table: RewardTable, groups: GroupColumns): GroupRewards[] {
  const found = groups.ids.map((id) => ({
    id,
    prompt: -1,
    subset: -1,
    layout: undefined as string | undefined,
    pairs: [] as number[],
    chosen: new Map<number, number>(),
    rejected: new Map<number, number>(),
  }))
  groups.of.forEach((group, pair) => {
    if (group === -1) return
    const one = at(found, group)
    const layout = at(groups.layoutOf, pair)
    one.prompt = at(table.promptOf, pair)
    one.subset = at(table.subsetOf, pair)
    one.layout = layout === -1 ? undefined : groups.layouts[layout]
    one.pairs.push(pair)
    one.chosen.set(at(groups.chosenResponses, pair), at(table.chosenRewards, pair))
    one.rejected.set(at(groups.rejectedResponses, pair), at(table.rejectedRewards, pair))
  })
  return found
}
