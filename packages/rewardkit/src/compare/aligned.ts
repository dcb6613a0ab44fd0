import type { PairRewards } from '../analysis/claims-across.ts'
import { promptClusters, type RewardTable, selectPairs } from '../analysis/reward-table.ts'
import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { InputError } from '../errors.ts'
import { phrase, settings } from '../phrase.ts'
import type { Clusters } from '../statistics/clusters.ts'
import type { LeftOut } from './comparison.ts'
import { differenceWords, knowsSubsets, type PairDifference, pairDifferences } from './pair-differences.ts'
import type { Run } from './read-run.ts'

/** The pairs that all runs have, in the order of the first. */
export interface SharedPairs extends Pick<RewardTable, 'pairs' | 'subsetOf' | 'subsetNames'> {
  readonly prompts: Clusters
  /** Whether nothing but its place in the file says which pair is which: no ids, no prompts. */
  readonly isByPlace: boolean
  readonly leftOut: LeftOut | null
}

/** A run with its rewards by shared pair. */
export interface AlignedRun extends Omit<Run, 'table'> {
  readonly rewards: PairRewards
}

/** Lines up runs by the ids of their pairs, one after the other, so that one table at a time is in memory. */
export interface Alignment {
  /**
   * Adds a run. Without `intersect` it must have exactly the pairs of the first.
   * @throws InputError that says how many pairs differ, and how
   */
  add(run: Run): void
  /** @throws InputError where no pair is left */
  finish(): { readonly shared: SharedPairs; readonly runs: readonly AlignedRun[] }
}

export function createAlignment(first: Run, intersect: boolean): Alignment {
  const { table } = first
  const indexOf = new Map(table.ids.map((id, index) => [id, index]))
  const runs: AlignedRun[] = [withRewards(first, ownRows(table.pairs))]
  const isShared = new Uint8Array(table.pairs).fill(1)
  const elsewhere = new Set<string>()
  const counts = new Map<PairDifference, number>()
  // The prompts and subsets of the first run that knows them.
  let known = table
  return {
    add(run) {
      const match = matched(first, run, indexOf)
      if (!intersect) refuseOthers(first, run, match)
      for (const id of match.extra) elsewhere.add(id)
      for (const [kind, rows] of match.differing) {
        const lost = rows.filter((row) => at(isShared, row) === 1)
        counts.set(kind, (counts.get(kind) ?? 0) + lost.length)
        for (const row of lost) isShared[row] = 0
      }
      for (let row = 0; row < table.pairs; row++) if (at(match.rows, row) === -1) isShared[row] = 0
      runs.push(withRewards(run, match.rows))
      if (!knowsPrompts(known) && knowsPrompts(run.table)) known = withPrompts(known, run.table, match.rows)
      if (!knowsSubsets(known)) known = withSubsets(known, run.table, match.rows)
    },
    finish() {
      const rows = ownRows(table.pairs).filter((row) => at(isShared, row) === 1)
      const left = table.pairs - rows.length + elsewhere.size
      if (rows.length === 0)
        throw new InputError('the runs have no pair in common', { remedy: 'evaluate them on the same pairs' })
      if (left === 0) return { shared: sharedPairs(known, null), runs }
      const lost = [...table.ids.filter((_, row) => at(isShared, row) === 0), ...elsewhere]
      const leftOut = { pairs: left, first_ids: lost.slice(0, idsNamed), differing: Object.fromEntries(counts) }
      return {
        shared: sharedPairs(selectPairs(known, rows), leftOut),
        runs: runs.map((run) => ({ ...run, rewards: rewardsAt(run.rewards, rows) })),
      }
    },
  }
}

const ownRows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row)

const withRewards = ({ table, ...known }: Run, rows: Int32Array): AlignedRun => ({
  ...known,
  rewards: rewardsAt(table, rows),
})

/** The rewards of some rows, in their order; NaN for -1, a row that is not there. */
function rewardsAt({ margins, chosenRewards, rejectedRewards }: PairRewards, rows: Int32Array): PairRewards {
  const taken = (column: Float64Array) => {
    const values = new Float64Array(rows.length)
    for (let i = 0; i < rows.length; i++) values[i] = column[at(rows, i)] ?? NaN
    return values
  }
  return { margins: taken(margins), chosenRewards: taken(chosenRewards), rejectedRewards: taken(rejectedRewards) }
}

const sharedPairs = (table: RewardTable, leftOut: LeftOut | null): SharedPairs => ({
  pairs: table.pairs,
  prompts: promptClusters(table),
  subsetOf: table.subsetOf,
  subsetNames: table.subsetNames,
  isByPlace: !knowsPrompts(table) && table.ids.every((id) => /^(line|row)-\d+$/.test(id)),
  leftOut,
})

/** Where the pairs of the first run are in another one. */
interface Match {
  /** Row in the other table by row of the first; -1 where it has none. */
  readonly rows: Int32Array
  /** Ids that only the other has. */
  readonly extra: readonly string[]
  readonly differing: ReadonlyMap<PairDifference, readonly number[]>
}

function matched(first: Run, other: Run, indexOf: ReadonlyMap<string, number>): Match {
  const rows = new Int32Array(first.table.pairs).fill(-1)
  const extra: string[] = []
  for (const [row, id] of other.table.ids.entries()) {
    const index = indexOf.get(id)
    if (index === undefined) extra.push(id)
    else rows[index] = row
  }
  return { rows, extra, differing: pairDifferences(first, other, rows) }
}

/** Ids that a message names. */
const idsNamed = 3

function refuseOthers(first: Run, run: Run, { rows, extra, differing }: Match): void {
  const both = `${first.path} and ${run.path}`
  const remedy = phrase`evaluate both on the same file, or give ${settings({ intersect: true })}`
  const missing = first.table.ids.filter((_, row) => at(rows, row) === -1)
  if (missing.length > 0 || extra.length > 0) {
    const sides = [
      missing.length > 0 && `${counted(missing.length, 'pair')} only in the first (${listed(missing)})`,
      extra.length > 0 && `${counted(extra.length, 'pair')} only in the second (${listed(extra)})`,
    ].filter((side) => side !== false)
    throw new InputError(`${both} hold different pairs: ${sides.join(', ')}`, { remedy })
  }
  for (const [kind, found] of differing) {
    const ids = found.map((row) => at(first.table.ids, row))
    const pairs = `${counted(ids.length, 'pair')} with ${differenceWords[kind]} (${listed(ids)})`
    throw new InputError(`${both} hold different pairs under equal ids: ${pairs}`, { remedy })
  }
}

const listed = (ids: readonly string[]): string =>
  `${ids.slice(0, idsNamed).join(', ')}${ids.length > idsNamed ? ', ...' : ''}`

/** A file that knows no prompts names each after its pair. */
const knowsPrompts = ({ promptOf, promptIds, ids }: RewardTable): boolean =>
  promptOf.some((prompt, row) => promptIds[prompt] !== ids[row])

/** The table with the prompts of another one; a pair that the other does not have is a prompt of its own. */
function withPrompts(table: RewardTable, other: RewardTable, rows: Int32Array): RewardTable {
  const promptIds = [...other.promptIds]
  const promptOf = rows.map((match, row) =>
    match === -1 ? promptIds.push(at(table.ids, row)) - 1 : at(other.promptOf, match),
  )
  return { ...table, promptIds, promptOf }
}

const withSubsets = (table: RewardTable, other: RewardTable, rows: Int32Array): RewardTable => ({
  ...table,
  subsetNames: other.subsetNames,
  subsetOf: rows.map((match) => (match === -1 ? -1 : at(other.subsetOf, match))),
})
