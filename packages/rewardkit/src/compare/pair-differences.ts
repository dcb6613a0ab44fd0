import type { RewardTable } from '../analysis/reward-table.ts'
import { at } from '../at.ts'
import type { Run } from './read-run.ts'

/** What tells a pair of one run from the pair of the same id of another. */
export const differenceWords = {
  prompt: 'another prompt',
  subset: 'another subset',
  swapped: 'chosen and rejected exchanged',
  annotated_margin: 'another annotated margin',
  lengths: 'other lengths',
} as const
export type PairDifference = keyof typeof differenceWords

/**
 * Rows of the first run whose pair is another one than that of the same id in the other run, by what differs.
 * @param rows the row in the other table of each row of the first; -1 where it has none
 */
export function pairDifferences(
  first: Run,
  other: Run,
  rows: Int32Array,
): ReadonlyMap<PairDifference, readonly number[]> {
  const ofLengths = lengthDifferences(first, other, rows)
  const differing = new Map<PairDifference, number[]>()
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

function differenceOf(first: RewardTable, row: number, other: RewardTable, match: number): PairDifference | undefined {
  if (hasOtherPrompt(first, row, other, match)) return 'prompt'
  if (hasOtherSubset(first, row, other, match)) return 'subset'
  const margin = first.annotatedMargins?.[row]
  const otherMargin = other.annotatedMargins?.[match]
  if (margin === undefined || otherMargin === undefined) return undefined
  if (margin === otherMargin || (Number.isNaN(margin) && Number.isNaN(otherMargin))) return undefined
  return margin === -otherMargin ? 'swapped' : 'annotated_margin'
}

/** A file that knows no prompts names each after its pair. */
function hasOtherPrompt(first: RewardTable, row: number, other: RewardTable, match: number): boolean {
  const prompt = at(first.promptIds, at(first.promptOf, row))
  const otherPrompt = at(other.promptIds, at(other.promptOf, match))
  const id = at(first.ids, row)
  return prompt !== otherPrompt && prompt !== id && otherPrompt !== id
}

function hasOtherSubset(first: RewardTable, row: number, other: RewardTable, match: number): boolean {
  if (!knowsSubsets(first) || !knowsSubsets(other)) return false
  return first.subsetNames[at(first.subsetOf, row)] !== other.subsetNames[at(other.subsetOf, match)]
}

/** Another file without any subset may have left them out. What RewardKit wrote says which pairs were truncated. */
export const knowsSubsets = ({ subsetNames, truncated }: RewardTable): boolean =>
  subsetNames.length > 0 || truncated !== undefined

/** Lengths of both responses of each pair. */
interface Lengths {
  readonly chosen: Float64Array
  readonly rejected: Float64Array
}

/**
 * Rows whose lengths show another pair: those of the other run with the two responses exchanged, or others. Lengths in
 * characters are those of the texts. Lengths in tokens tell texts apart only where both runs count alike: another
 * tokenizer gives other counts for most pairs. Another longest length gives other counts for long pairs, so where both
 * runs read the same file, only exchanges are looked for.
 */
function lengthDifferences(first: Run, other: Run, rows: Int32Array): ReadonlyMap<number, PairDifference> {
  const characters = [first.table, other.table].map(charactersOf)
  const isInCharacters = characters.every((one) => one !== null)
  const [lengths, otherLengths] = isInCharacters ? characters : [first.table, other.table].map(tokensOf)
  const found = new Map<number, PairDifference>()
  if (!lengths || !otherLengths) return found
  const isSameFile = first.dataSha256 !== null && first.dataSha256 === other.dataSha256
  let [unlike, compared] = [0, 0]
  for (let row = 0; row < rows.length; row++) {
    const match = at(rows, row)
    if (match === -1) continue
    const [a, b] = [at(lengths.chosen, row), at(lengths.rejected, row)]
    const [c, d] = [at(otherLengths.chosen, match), at(otherLengths.rejected, match)]
    if (Number.isNaN(a + b + c + d)) continue
    compared++
    if (a === c && b === d) continue
    const isExchanged = a === d && b === c
    if (!isExchanged) unlike++
    if (isExchanged || !isSameFile) found.set(row, isExchanged ? 'swapped' : 'lengths')
  }
  return isInCharacters || unlike < compared / 2 ? found : new Map()
}

const charactersOf = ({ texts }: RewardTable): Lengths | null =>
  texts ? { chosen: texts.chosenCharacters, rejected: texts.rejectedCharacters } : null

const tokensOf = ({ chosenTokens, rejectedTokens }: RewardTable): Lengths | null =>
  chosenTokens && rejectedTokens ? { chosen: chosenTokens, rejected: rejectedTokens } : null
