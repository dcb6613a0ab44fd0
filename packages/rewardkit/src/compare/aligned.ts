import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { InputError } from '../errors.ts'
import { phrase, settings } from '../phrase.ts'
import type { RewardTable } from '../analysis/reward-table.ts'
import type { LeftOut } from './comparison.ts'
import type { Run } from './read-run.ts'

/** The pairs that all runs have, in the order of the first. */
export interface SharedPairs {
  readonly pairs: number
  /** The prompt of each pair, and how many there are. */
  readonly prompts: { readonly of: Int32Array; readonly count: number }
  /** The subset of each pair, as an index into the names; -1 for none. */
  readonly subsetOf: Int32Array
  readonly subsetNames: readonly string[]
  readonly leftOut: LeftOut | null
}

/** A run with its reward margins by shared pair. */
export interface AlignedRun extends Omit<Run, 'table'> {
  readonly margins: Float64Array
}

/** What tells a pair of one run from the pair of the same id of another. */
const differences = {
  prompt: 'another prompt',
  subset: 'another subset',
  swapped: 'chosen and rejected exchanged',
  annotated_margin: 'another annotated margin',
  lengths: 'other lengths in tokens',
} as const
type Difference = keyof typeof differences

/** Lines up runs by the ids of their pairs, one after the other. */
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
  const runs: AlignedRun[] = [withMargins(first, table.margins)]
  const isShared = new Uint8Array(table.pairs).fill(1)
  const elsewhere = new Set<string>()
  const counts = new Map<Difference, number>()
  return {
    add(run) {
      const match = matched(first, run, indexOf)
      if (!intersect) refuseOthers(first, run, match)
      for (const id of match.extra) elsewhere.add(id)
      for (const [kind, rows] of match.differing) {
        counts.set(kind, (counts.get(kind) ?? 0) + rows.length)
        for (const row of rows) isShared[row] = 0
      }
      const margins = new Float64Array(table.pairs)
      for (let row = 0; row < table.pairs; row++) {
        const other = at(match.rows, row)
        if (other === -1) isShared[row] = 0
        else margins[row] = at(run.table.margins, other)
      }
      runs.push(withMargins(run, margins))
    },
    finish() {
      const kept = isShared.reduce((sum, one) => sum + one, 0)
      const left = table.pairs - kept + elsewhere.size
      if (kept === 0)
        throw new InputError('the runs have no pair in common', { remedy: 'evaluate them on the same pairs' })
      if (left === 0) return { shared: { ...sharedPairs(table), leftOut: null }, runs }
      const lost = [...table.ids.filter((_, row) => at(isShared, row) === 0), ...elsewhere]
      const differing = Object.fromEntries(counts)
      return {
        shared: {
          ...sharedPairs(onlyRows(table, isShared, kept)),
          leftOut: { pairs: left, first_ids: lost.slice(0, namesShown), differing },
        },
        runs: runs.map((run) => ({ ...run, margins: compressed(run.margins, isShared, kept) })),
      }
    },
  }
}

const withMargins = ({ path, seed, start, modelSha256, dataSha256 }: Run, margins: Float64Array): AlignedRun => ({
  path,
  seed,
  start,
  modelSha256,
  dataSha256,
  margins,
})

/** Ids that a message names. */
const namesShown = 3

/** Where the pairs of the first run are in another one. */
interface Match {
  /** Row in the other table by row of the first; -1 where it has none. */
  readonly rows: Int32Array
  /** Ids that only the other has. */
  readonly extra: readonly string[]
  /** Rows of the first whose pair is another one, by what differs. */
  readonly differing: ReadonlyMap<Difference, readonly number[]>
}

function matched(first: Run, other: Run, indexOf: ReadonlyMap<string, number>): Match {
  const rows = new Int32Array(first.table.pairs).fill(-1)
  const extra: string[] = []
  for (const [row, id] of other.table.ids.entries()) {
    const index = indexOf.get(id)
    if (index === undefined) extra.push(id)
    else rows[index] = row
  }
  return { rows, extra, differing: differingRows(first, other, rows) }
}

function differingRows(first: Run, other: Run, rows: Int32Array): Map<Difference, number[]> {
  const ofLengths = lengthDifferences(first, other, rows)
  const differing = new Map<Difference, number[]>()
  for (let row = 0; row < rows.length; row++) {
    const match = at(rows, row)
    if (match === -1) continue
    const difference = differenceOf(first.table, row, other.table, match) ?? ofLengths.get(row)
    if (difference === undefined) continue
    const known = differing.get(difference)
    if (known) known.push(row)
    else differing.set(difference, [row])
  }
  return differing
}

function differenceOf(first: RewardTable, row: number, other: RewardTable, match: number): Difference | undefined {
  if (at(first.promptIds, at(first.promptOf, row)) !== at(other.promptIds, at(other.promptOf, match))) return 'prompt'
  if (first.subsetNames[at(first.subsetOf, row)] !== other.subsetNames[at(other.subsetOf, match)]) return 'subset'
  const margin = first.annotatedMargins?.[row]
  const otherMargin = other.annotatedMargins?.[match]
  if (margin === undefined || otherMargin === undefined) return undefined
  if (margin === otherMargin || (Number.isNaN(margin) && Number.isNaN(otherMargin))) return undefined
  return margin === -otherMargin ? 'swapped' : 'annotated_margin'
}

/**
 * Rows whose lengths in tokens show another pair: those of the other run with the two responses exchanged, or others.
 * Lengths tell this only where both runs count alike. Another tokenizer gives other counts for most pairs. Another
 * longest length gives other counts for the longest, so where both runs read the same file, only exchanges are looked for.
 */
function lengthDifferences(first: Run, other: Run, rows: Int32Array): ReadonlyMap<number, Difference> {
  const found = new Map<number, Difference>()
  const lengths = [first.table, other.table].flatMap((table) => [table.chosenTokens, table.rejectedTokens])
  const [chosen, rejected, otherChosen, otherRejected] = lengths
  if (!chosen || !rejected || !otherChosen || !otherRejected) return found
  const isSameFile = first.dataSha256 !== null && first.dataSha256 === other.dataSha256
  let [unlike, compared] = [0, 0]
  for (let row = 0; row < rows.length; row++) {
    const match = at(rows, row)
    if (match === -1) continue
    compared++
    const [a, b, c, d] = [at(chosen, row), at(rejected, row), at(otherChosen, match), at(otherRejected, match)]
    if (a === c && b === d) continue
    const isExchanged = a === d && b === c
    if (!isExchanged) unlike++
    if (isExchanged || !isSameFile) found.set(row, isExchanged ? 'swapped' : 'lengths')
  }
  return unlike < compared / 2 ? found : new Map()
}

function refuseOthers(first: Run, run: Run, { rows, extra, differing }: Match): void {
  const pair = `${first.path} and ${run.path}`
  const missing = first.table.ids.filter((_, row) => at(rows, row) === -1)
  const remedy = phrase`evaluate both on the same file, or give ${settings({ intersect: true })}`
  if (missing.length > 0 || extra.length > 0) {
    const sides = [
      missing.length > 0 && `${counted(missing.length, 'pair')} only in the first (${listed(missing)})`,
      extra.length > 0 && `${counted(extra.length, 'pair')} only in the second (${listed(extra)})`,
    ].filter((side) => side !== false)
    throw new InputError(`${pair} hold different pairs: ${sides.join(', ')}`, { remedy })
  }
  for (const [kind, differingAt] of differing) {
    const ids = differingAt.map((row) => at(first.table.ids, row))
    throw new InputError(
      `${pair} hold different pairs under equal ids: ${counted(ids.length, 'pair')} with ${differences[kind]} (${listed(ids)})`,
      { remedy },
    )
  }
}

const listed = (ids: readonly string[]): string =>
  `${ids.slice(0, namesShown).join(', ')}${ids.length > namesShown ? ', ...' : ''}`

const sharedPairs = ({ pairs, promptOf, promptIds, subsetOf, subsetNames }: RewardTable) => ({
  pairs,
  prompts: { of: promptOf, count: promptIds.length },
  subsetOf,
  subsetNames,
})

/** The table's prompts and subsets for the kept rows alone, prompts numbered anew. */
function onlyRows(table: RewardTable, isKept: Uint8Array, count: number): RewardTable {
  const promptOf = new Int32Array(count)
  const subsetOf = new Int32Array(count)
  const numbers = new Map<number, number>()
  const promptIds: string[] = []
  let next = 0
  for (let row = 0; row < table.pairs; row++) {
    if (at(isKept, row) === 0) continue
    const prompt = at(table.promptOf, row)
    const number = numbers.get(prompt) ?? promptIds.push(at(table.promptIds, prompt)) - 1
    numbers.set(prompt, number)
    promptOf[next] = number
    subsetOf[next++] = at(table.subsetOf, row)
  }
  return { ...table, pairs: count, promptOf, promptIds, subsetOf }
}

function compressed(values: Float64Array, isKept: Uint8Array, count: number): Float64Array {
  const kept = new Float64Array(count)
  let next = 0
  for (let row = 0; row < values.length; row++) if (at(isKept, row) === 1) kept[next++] = at(values, row)
  return kept
}
