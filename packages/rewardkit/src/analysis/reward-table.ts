import type { RewardRow } from '../statistics/types.ts'
import { createTextColumns, type TextColumns } from './text-columns.ts'

/**
 * Evaluated pairs in columns, so that a million of them fit into memory. Entry i of every column belongs to pair i.
 * Columns that a file does not have are absent; a value that a pair does not have is NaN.
 */
export interface RewardTable {
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
  readonly annotatedMargins?: Float64Array
  /** Lengths of whole sequences in tokens, prompt included. */
  readonly chosenTokens?: Float64Array
  readonly rejectedTokens?: Float64Array
  /** What the texts of the pairs are like; absent where no pair's texts were at hand. */
  readonly texts?: TextColumns
}

/** The table of some rows, in their order. */
export function tableOf(rows: Iterable<RewardRow>): RewardTable {
  const ids: string[] = []
  const promptOf: number[] = []
  const subsetOf: number[] = []
  const columns: Record<'chosen' | 'rejected' | 'margin' | 'annotated' | 'chosenTokens' | 'rejectedTokens', number[]> =
    { chosen: [], rejected: [], margin: [], annotated: [], chosenTokens: [], rejectedTokens: [] }
  const prompts = createNumbering()
  const subsets = createNumbering()
  let isAnnotated = false
  const texts = createTextColumns()
  for (const row of rows) {
    ids.push(row.id)
    promptOf.push(prompts.numberOf(row.prompt_id))
    subsetOf.push(row.subset === null ? -1 : subsets.numberOf(row.subset))
    columns.chosen.push(row.chosen_reward)
    columns.rejected.push(row.rejected_reward)
    columns.margin.push(row.reward_margin)
    columns.annotated.push(row.annotated_margin ?? NaN)
    isAnnotated ||= row.annotated_margin !== undefined
    columns.chosenTokens.push(row.chosen_tokens)
    columns.rejectedTokens.push(row.rejected_tokens)
    texts.add(row)
  }
  const textColumns = texts.columns(ids)
  return {
    pairs: ids.length,
    ids,
    promptOf: Int32Array.from(promptOf),
    promptIds: prompts.names,
    subsetOf: Int32Array.from(subsetOf),
    subsetNames: subsets.names,
    chosenRewards: Float64Array.from(columns.chosen),
    rejectedRewards: Float64Array.from(columns.rejected),
    margins: Float64Array.from(columns.margin),
    ...(isAnnotated && { annotatedMargins: Float64Array.from(columns.annotated) }),
    chosenTokens: Float64Array.from(columns.chosenTokens),
    rejectedTokens: Float64Array.from(columns.rejectedTokens),
    ...(textColumns && { texts: textColumns }),
  }
}

/** Numbers names in the order in which they first appear. */
function createNumbering(): { readonly names: string[]; numberOf(name: string): number } {
  const names: string[] = []
  const numbers = new Map<string, number>()
  return {
    names,
    numberOf(name) {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, names.length)
      return names.push(name) - 1
    },
  }
}
