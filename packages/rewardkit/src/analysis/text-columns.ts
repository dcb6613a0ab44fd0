import { at } from '../at.ts'
import type { RewardRow } from '../statistics/types.ts'
import { marksOf, maskOf, unknownMarks } from './format-marks.ts'

/** What the texts of pairs are like, one entry a pair: see `TextFeatures`. */
export interface TextColumns {
  /** User turns of the prompt; NaN where the texts were not at hand. */
  readonly turns: Float64Array
  /** NaN where the texts were not at hand. */
  readonly chosenCharacters: Float64Array
  readonly rejectedCharacters: Float64Array
  /** Masks of `formatMarks`; `unknownMarks` where the texts were not at hand. */
  readonly chosenMarks: Uint8Array
  readonly rejectedMarks: Uint8Array
  /** The first pair with the same texts and label, as an index; -1 for none. */
  readonly duplicateOf: Int32Array
  /** The first pair with the same texts and the other label, as an index; -1 for none. */
  readonly contradicts: Int32Array
}

/** Gathers the columns row by row. */
export function createTextColumns() {
  const turns: number[] = []
  const characters: Record<'chosen' | 'rejected', number[]> = { chosen: [], rejected: [] }
  const marks: Record<'chosen' | 'rejected', number[]> = { chosen: [], rejected: [] }
  const duplicateOf: (string | undefined)[] = []
  const contradicts: (string | undefined)[] = []
  let areKnown = false
  return {
    add(row: Partial<RewardRow>): void {
      turns.push(row.turns ?? NaN)
      characters.chosen.push(row.chosen_characters ?? NaN)
      characters.rejected.push(row.rejected_characters ?? NaN)
      marks.chosen.push(row.chosen_marks ? maskOf(row.chosen_marks) : unknownMarks)
      marks.rejected.push(row.rejected_marks ? maskOf(row.rejected_marks) : unknownMarks)
      duplicateOf.push(row.duplicate_of)
      contradicts.push(row.contradicts)
      areKnown ||= row.chosen_characters !== undefined
    },
    /** The columns; undefined where no row says anything about its texts. */
    columns(ids: readonly string[]): TextColumns | undefined {
      if (!areKnown) return undefined
      return {
        turns: Float64Array.from(turns),
        chosenCharacters: Float64Array.from(characters.chosen),
        rejectedCharacters: Float64Array.from(characters.rejected),
        chosenMarks: Uint8Array.from(marks.chosen),
        rejectedMarks: Uint8Array.from(marks.rejected),
        duplicateOf: placesOf(duplicateOf, ids),
        contradicts: placesOf(contradicts, ids),
      }
    },
  }
}

/** What the columns say of one pair, as a row of `rewards.jsonl` says it. */
export function textFieldsOf(columns: TextColumns, pair: number, ids: readonly string[]): Partial<RewardRow> {
  const [chosenMarks, rejectedMarks] = [at(columns.chosenMarks, pair), at(columns.rejectedMarks, pair)]
  const [duplicateOf, contradicts] = [at(columns.duplicateOf, pair), at(columns.contradicts, pair)]
  const turns = at(columns.turns, pair)
  if (chosenMarks === unknownMarks) return {}
  return {
    ...(!Number.isNaN(turns) && { turns }),
    chosen_characters: at(columns.chosenCharacters, pair),
    rejected_characters: at(columns.rejectedCharacters, pair),
    chosen_marks: marksOf(chosenMarks),
    rejected_marks: marksOf(rejectedMarks),
    ...(duplicateOf !== -1 && { duplicate_of: at(ids, duplicateOf) }),
    ...(contradicts !== -1 && { contradicts: at(ids, contradicts) }),
  }
}

/** The columns of some pairs, in the order given; a pair that is not among them is named by none. */
export function selectTexts(columns: TextColumns, pairs: Int32Array): TextColumns {
  const places = new Map(Array.from(pairs, (pair, place) => [pair, place]))
  const take = (values: Float64Array) => Float64Array.from(pairs, (pair) => at(values, pair))
  const takeMarks = (values: Uint8Array) => Uint8Array.from(pairs, (pair) => at(values, pair))
  const takePlaces = (values: Int32Array) => pairs.map((pair) => places.get(at(values, pair)) ?? -1)
  return {
    turns: take(columns.turns),
    chosenCharacters: take(columns.chosenCharacters),
    rejectedCharacters: take(columns.rejectedCharacters),
    chosenMarks: takeMarks(columns.chosenMarks),
    rejectedMarks: takeMarks(columns.rejectedMarks),
    duplicateOf: takePlaces(columns.duplicateOf),
    contradicts: takePlaces(columns.contradicts),
  }
}

/** Where the pairs of these ids are; -1 for no id and for one that no pair has. */
function placesOf(wanted: readonly (string | undefined)[], ids: readonly string[]): Int32Array {
  const sought = new Set(wanted)
  const places = new Map<string | undefined, number>()
  ids.forEach((id, row) => {
    if (sought.has(id) && !places.has(id)) places.set(id, row)
  })
  return Int32Array.from(wanted, (id) => places.get(id) ?? -1)
}
