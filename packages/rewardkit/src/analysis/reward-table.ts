import { at } from '../at.ts'
import type { Clusters } from '../statistics/clusters.ts'
import type { RewardRow } from '../statistics/types.ts'
import { baselineFieldsOf, type BaselineMargins, createBaselineColumns, selectBaselines } from './baseline-columns.ts'
import { createColumn, createNames, renumber } from './columns.ts'
import { createGroupColumns, type GroupColumns, groupFieldsOf, selectGroups } from './group-columns.ts'
import { createTextColumns, selectTexts, type TextColumns, textFieldsOf } from './text-columns.ts'

/**
 * Evaluated pairs in columns, so that a million of them fit into memory. Entry i of every column belongs to pair i.
 * Columns that a file does not have are absent; a value that a pair does not have is NaN.
 */
export interface RewardTable extends NumberColumns {
  /** Number of pairs. */
  readonly pairs: number
  readonly ids: readonly string[]
  /** The prompt of each pair, as an index into `promptIds`. Prompts are the sampling unit of every interval and test. */
  readonly promptOf: Int32Array
  readonly promptIds: readonly string[]
  /** The subset of each pair, as an index into `subsetNames`; -1 for none. */
  readonly subsetOf: Int32Array
  readonly subsetNames: readonly string[]
  readonly chosenRewards: Float64Array
  readonly rejectedRewards: Float64Array
  /** Chosen reward minus rejected reward. */
  readonly margins: Float64Array
  /** 1 where the model read the pair truncated. */
  readonly truncated?: Uint8Array
  /** Which pairs compare the responses of one group; absent where every pair stands alone. */
  readonly groups?: GroupColumns
  /** What the texts of the pairs are like; absent where no pair's texts were at hand. */
  readonly texts?: TextColumns
  /** Absent where no baseline was computed. */
  readonly baselineMargins?: BaselineMargins
}

/** Numbers that not every file has. */
interface NumberColumns {
  readonly annotatedMargins?: Float64Array
  /** Lengths of whole sequences in tokens, prompt included. */
  readonly chosenTokens?: Float64Array
  readonly rejectedTokens?: Float64Array
}

/** Where the numbers of a row are kept. */
const numberColumns = {
  annotated_margin: 'annotatedMargins',
  chosen_tokens: 'chosenTokens',
  rejected_tokens: 'rejectedTokens',
} as const satisfies Partial<Record<keyof RewardRow, keyof NumberColumns>>

const numberFields = ['annotated_margin', 'chosen_tokens', 'rejected_tokens'] as const

/** A table that grows row by row. */
export interface GrowingTable {
  add(row: RewardRow): void
  /** The table of what was added so far. */
  table(): RewardTable
}

/** Begins a table. */
export function growTable(): GrowingTable {
  const ids: string[] = []
  const [prompts, subsets] = [createNames(), createNames()]
  const [promptOf, subsetOf, truncated] = [createColumn(), createColumn(), createColumn()]
  const [chosen, rejected, margins] = [createColumn(), createColumn(), createColumn()]
  const numbers = numberFields.map((field) => ({ field, column: createColumn(), isPresent: false }))
  const groups = createGroupColumns()
  const texts = createTextColumns()
  const baselines = createBaselineColumns()
  let knowsTruncated = false
  return {
    add(row) {
      ids.push(row.id)
      promptOf.push(prompts.numberOf(row.prompt_id))
      subsetOf.push(row.subset === null ? -1 : subsets.numberOf(row.subset))
      chosen.push(row.chosen_reward)
      rejected.push(row.rejected_reward)
      margins.push(row.reward_margin)
      truncated.push(row.truncated ? 1 : 0)
      knowsTruncated ||= row.truncated !== undefined
      for (const number of numbers) {
        const value = row[number.field]
        number.isPresent ||= value !== undefined
        number.column.push(value ?? NaN)
      }
      groups.add(row)
      texts.add(row)
      baselines.add(row)
    },
    table() {
      const groupColumns = groups.columns()
      const textColumns = texts.columns(ids)
      const baselineMargins = baselines.columns()
      return {
        pairs: ids.length,
        ids,
        promptOf: Int32Array.from(promptOf.values()),
        promptIds: prompts.names,
        subsetOf: Int32Array.from(subsetOf.values()),
        subsetNames: subsets.names,
        chosenRewards: chosen.values(),
        rejectedRewards: rejected.values(),
        margins: margins.values(),
        ...(knowsTruncated && { truncated: Uint8Array.from(truncated.values()) }),
        ...numberColumnsOf((field) => {
          const number = numbers.find((one) => one.field === field)
          return number?.isPresent ? number.column.values() : undefined
        }),
        ...(groupColumns && { groups: groupColumns }),
        ...(textColumns && { texts: textColumns }),
        ...(baselineMargins && { baselineMargins }),
      }
    },
  }
}

/** The columns of numbers that there are. */
function numberColumnsOf(
  column: (field: keyof typeof numberColumns, name: keyof NumberColumns) => Float64Array | undefined,
): NumberColumns {
  const found = numberFields.flatMap((field) => {
    const values = column(field, numberColumns[field])
    return values ? [[numberColumns[field], values] as const] : []
  })
  return Object.fromEntries(found)
}

/** The prompts of a table: what intervals and tests take as independent. */
export const promptClusters = ({ promptOf, promptIds }: RewardTable): Clusters => ({
  of: promptOf,
  count: promptIds.length,
})

/**
 * By how much each chosen response is longer: in tokens, or in characters where tokens are not known. Undefined where the
 * lengths of some pairs are not known.
 */
export function longerBy({ chosenTokens, rejectedTokens, texts }: RewardTable): Float64Array | undefined {
  const [chosen, rejected] =
    chosenTokens && rejectedTokens
      ? [chosenTokens, rejectedTokens]
      : [texts?.chosenCharacters, texts?.rejectedCharacters]
  const differences = rejected && chosen?.map((length, pair) => length - at(rejected, pair))
  return differences?.some(Number.isNaN) ? undefined : differences
}

/** The table of some rows, in their order. */
export function tableOf(rows: Iterable<RewardRow>): RewardTable {
  const growing = growTable()
  for (const row of rows) growing.add(row)
  return growing.table()
}

/** The rows of a table, one after the other: what `rewards.jsonl` holds. */
export function* rowsOf(table: RewardTable): Generator<RewardRow> {
  for (let pair = 0; pair < table.pairs; pair++) yield rowOf(table, pair)
}

function rowOf(table: RewardTable, pair: number): RewardRow {
  const subset = at(table.subsetOf, pair)
  const numbers = numberFields.flatMap((field) => {
    const value = table[numberColumns[field]]?.[pair] ?? NaN
    return Number.isNaN(value) ? [] : [[field, value] as const]
  })
  return {
    schema_version: 1,
    id: at(table.ids, pair),
    prompt_id: at(table.promptIds, at(table.promptOf, pair)),
    subset: subset === -1 ? null : at(table.subsetNames, subset),
    chosen_reward: at(table.chosenRewards, pair),
    rejected_reward: at(table.rejectedRewards, pair),
    reward_margin: at(table.margins, pair),
    ...Object.fromEntries(numbers),
    ...(table.truncated && { truncated: table.truncated[pair] === 1 }),
    ...(table.groups && groupFieldsOf(table.groups, pair)),
    ...(table.texts && textFieldsOf(table.texts, pair, table.ids)),
    ...(table.baselineMargins && baselineFieldsOf(table.baselineMargins, pair)),
  }
}

/** The table of some pairs, in the order given. Its prompts and subsets are those of these pairs. */
export function selectPairs(table: RewardTable, pairs: Int32Array): RewardTable {
  const take = (values: Float64Array) => Float64Array.from(pairs, (pair) => at(values, pair))
  const prompts = renumber(table.promptOf, table.promptIds, pairs)
  const subsets = renumber(table.subsetOf, table.subsetNames, pairs)
  const { truncated } = table
  const groups = table.groups && selectGroups(table.groups, pairs)
  return {
    pairs: pairs.length,
    ids: Array.from(pairs, (pair) => at(table.ids, pair)),
    promptOf: prompts.of,
    promptIds: prompts.names,
    subsetOf: subsets.of,
    subsetNames: subsets.names,
    chosenRewards: take(table.chosenRewards),
    rejectedRewards: take(table.rejectedRewards),
    margins: take(table.margins),
    ...(truncated && { truncated: Uint8Array.from(pairs, (pair) => at(truncated, pair)) }),
    ...numberColumnsOf((_, name) => table[name] && take(table[name])),
    ...(groups && { groups }),
    ...(table.texts && { texts: selectTexts(table.texts, pairs) }),
    ...(table.baselineMargins && { baselineMargins: selectBaselines(table.baselineMargins, pairs) }),
  }
}
