import { at } from '../at.ts'
import type { RewardRow } from '../statistics/types.ts'
import { createColumn, createNames, renumber } from './columns.ts'

/** Which pairs compare the responses of one group, one entry a pair. */
export interface GroupColumns {
  /** The group of each pair, as an index into `ids`; -1 for a pair that stands alone. */
  readonly of: Int32Array
  readonly ids: readonly string[]
  /** The layout that the group's row had, as an index into `layouts`; -1 where none is known. */
  readonly layoutOf: Int32Array
  readonly layouts: readonly string[]
  /** The two responses of each pair, by their index in the group; -1 for a pair that stands alone. */
  readonly chosenResponses: Int32Array
  readonly rejectedResponses: Int32Array
}

/** Gathers the columns row by row. */
export function createGroupColumns() {
  const [groups, layouts] = [createNames(), createNames()]
  const [of, layoutOf, chosen, rejected] = [createColumn(), createColumn(), createColumn(), createColumn()]
  return {
    add(row: RewardRow): void {
      of.push(row.group_id === undefined ? -1 : groups.numberOf(row.group_id))
      layoutOf.push(row.layout === undefined ? -1 : layouts.numberOf(row.layout))
      chosen.push(row.chosen_response ?? -1)
      rejected.push(row.rejected_response ?? -1)
    },
    /** The columns; undefined where every pair stands alone. */
    columns(): GroupColumns | undefined {
      if (groups.names.length === 0) return undefined
      return {
        of: Int32Array.from(of.values()),
        ids: groups.names,
        layoutOf: Int32Array.from(layoutOf.values()),
        layouts: layouts.names,
        chosenResponses: Int32Array.from(chosen.values()),
        rejectedResponses: Int32Array.from(rejected.values()),
      }
    },
  }
}

/** What the columns say of one pair, as a row of `rewards.jsonl` says it. */
export function groupFieldsOf(columns: GroupColumns, pair: number): Partial<RewardRow> {
  const [group, layout] = [at(columns.of, pair), at(columns.layoutOf, pair)]
  if (group === -1) return {}
  return {
    group_id: at(columns.ids, group),
    chosen_response: at(columns.chosenResponses, pair),
    rejected_response: at(columns.rejectedResponses, pair),
    ...(layout !== -1 && { layout: at(columns.layouts, layout) }),
  }
}

/** The columns of some pairs, in the order given; undefined where each of them stands alone. */
export function selectGroups(columns: GroupColumns, pairs: Int32Array): GroupColumns | undefined {
  const groups = renumber(columns.of, columns.ids, pairs)
  if (groups.names.length === 0) return undefined
  const layouts = renumber(columns.layoutOf, columns.layouts, pairs)
  return {
    of: groups.of,
    ids: groups.names,
    layoutOf: layouts.of,
    layouts: layouts.names,
    chosenResponses: pairs.map((pair) => at(columns.chosenResponses, pair)),
    rejectedResponses: pairs.map((pair) => at(columns.rejectedResponses, pair)),
  }
}
