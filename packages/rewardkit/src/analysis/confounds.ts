import { at } from '../at.ts'
import type { FormatMark, Interval } from '../statistics/types.ts'
import { formatMarks, markBit, unknownMarks } from './format-marks.ts'
import { type LengthConfound, lengthConfound } from './length-confound.ts'
import { type Part, pairsWhere, partOf, shareOf } from './parts.ts'
import type { RewardTable } from './reward-table.ts'
import type { TextColumns } from './text-columns.ts'

/** What besides the quality of responses could explain what a reward model prefers. */
export interface Confounds {
  /** Null where no lengths are known. */
  readonly length: LengthConfound | null
  /** By user turns of the prompt. This and what follows is null without texts. */
  readonly turns: readonly TurnsPart[] | null
  readonly repeats: Repeats | null
  readonly marks: readonly MarkConfound[] | null
}

/** The pairs whose prompts have `from` to `to` user turns; `to` is null in a last part that is open. */
export interface TurnsPart extends Part {
  readonly from: number
  readonly to: number | null
}

/** Pairs and prompts that come more than once. */
export interface Repeats {
  /** Pairs that came before with the same prompt, responses and label. */
  readonly duplicate_pairs: number
  /** Pairs that came before with the other label: no model is right about both. */
  readonly contradicting_pairs: number
  readonly prompts_with_several_pairs: number
  readonly most_pairs_of_a_prompt: number
  /** Without the pairs that came before, whatever their label; null where there are none. */
  readonly accuracy_without_repeats: Interval | null
}

/** How far a mark of form explains what a reward model prefers. */
export interface MarkConfound {
  readonly mark: FormatMark
  /** Pairs in which only that response has the mark. */
  readonly only_chosen: Part
  readonly only_rejected: Part
  /**
   * Among the pairs in which only one response has the mark: how often that one has the higher reward, and how often it is
   * the chosen one. A tie counts one half. Null without such a pair.
   */
  readonly rewards_follow: Interval | null
  readonly labels_follow: Interval | null
}

/** Every part for itself; nothing is controlled for the others. */
export function confounds(table: RewardTable): Confounds {
  const { texts } = table
  return {
    length: lengthConfound(table),
    turns: byTurns(table),
    repeats: repeats(table),
    marks: texts ? formatMarks.map((mark) => markConfound({ ...table, texts }, mark)) : null,
  }
}

/** Prompts with this many user turns or more are taken together. */
const manyTurns = 5

function byTurns(table: RewardTable): TurnsPart[] | null {
  const { texts, pairs } = table
  if (!texts) return null
  const turnsOf = (pair: number) => Math.min(at(texts.turns, pair), manyTurns)
  const counts = [...Array(manyTurns + 1).keys()]
  return counts.flatMap((turns) => {
    const found = pairsWhere(pairs, (pair) => turnsOf(pair) === turns)
    return found.length === 0 ? [] : { from: turns, to: turns === manyTurns ? null : turns, ...partOf(table, found) }
  })
}

function repeats(table: RewardTable): Repeats | null {
  const { texts, pairs, promptOf, promptIds } = table
  if (!texts) return null
  const pairsOf = new Uint32Array(promptIds.length)
  for (const prompt of promptOf) pairsOf[prompt] = at(pairsOf, prompt) + 1
  const duplicates = texts.duplicateOf.reduce((count, first) => count + (first >= 0 ? 1 : 0), 0)
  const contradicting = texts.contradicts.reduce((count, first) => count + (first >= 0 ? 1 : 0), 0)
  const isFirst = (pair: number) => at(texts.duplicateOf, pair) < 0 && at(texts.contradicts, pair) < 0
  const hasRepeats = duplicates + contradicting > 0
  return {
    duplicate_pairs: duplicates,
    contradicting_pairs: contradicting,
    prompts_with_several_pairs: pairsOf.reduce((count, of) => count + (of > 1 ? 1 : 0), 0),
    most_pairs_of_a_prompt: pairsOf.reduce((most, of) => Math.max(most, of), 0),
    accuracy_without_repeats: hasRepeats ? partOf(table, pairsWhere(pairs, isFirst)).accuracy : null,
  }
}

function markConfound(table: RewardTable & { readonly texts: TextColumns }, mark: FormatMark): MarkConfound {
  const { texts, margins, pairs } = table
  const sides = sidesOf(texts, markBit(mark))
  const sideOf = (pair: number) => at(sides, pair)
  const one = pairsWhere(pairs, (pair) => sideOf(pair) !== 0)
  return {
    mark,
    only_chosen: partOf(
      table,
      one.filter((pair) => sideOf(pair) > 0),
    ),
    only_rejected: partOf(
      table,
      one.filter((pair) => sideOf(pair) < 0),
    ),
    rewards_follow: shareOf(table, one, (pair) => (1 + Math.sign(at(margins, pair)) * sideOf(pair)) / 2),
    labels_follow: shareOf(table, one, (pair) => (1 + sideOf(pair)) / 2),
  }
}

/** 1 where only the chosen response has the mark, -1 where only the rejected one has it, 0 otherwise or unknown. */
function sidesOf({ chosenMarks, rejectedMarks }: TextColumns, bit: number): Int8Array {
  const sides = new Int8Array(chosenMarks.length)
  for (let pair = 0; pair < sides.length; pair++) {
    const [chosen, rejected] = [at(chosenMarks, pair), at(rejectedMarks, pair)]
    if (chosen !== unknownMarks && rejected !== unknownMarks) sides[pair] = Math.sign((chosen & bit) - (rejected & bit))
  }
  return sides
}
