import { at } from '../at.ts'
import { conversationKey } from '../data/build.ts'
import type { Group } from '../data/group.ts'
import { createNumbering } from '../data/numbering.ts'
import { betterOf } from './longer.ts'
import { createSeries, type Distribution } from './series.ts'

/** What comes more than once. */
export interface Repeats {
  readonly prompts: number
  readonly pairs_per_prompt: Distribution | null
  /** Prompts that several rows have. */
  readonly repeated_prompts: number
  /** Pairs that came before: the same prompt and responses, judged alike. */
  readonly duplicate_pairs: number
  /** Different pairs of responses that are judged both ways. */
  readonly contradictions: number
}

/** Counts in about 100 bytes a pair, by 64-bit hashes. */
export function createRepeats() {
  const prompts = createNumbering()
  const pairs = createNumbering()
  const pairsOf: number[] = []
  const rowsOf: number[] = []
  /** For each pair of responses how it was judged so far: 1 and 2 one way and the other, 4 undecided. */
  const judgements: number[] = []
  let duplicates = 0
  return {
    /** Returns whether the prompt is new. */
    add({ promptId, prompt, responses, preferences }: Group): boolean {
      const known = prompts.size
      const number = prompts.numberOf(promptId)
      pairsOf[number] = (pairsOf[number] ?? 0) + preferences.length
      rowsOf[number] = (rowsOf[number] ?? 0) + 1
      const promptKey = conversationKey(prompt)
      const keys = responses.map(conversationKey)
      for (const preference of preferences) {
        const judged = betterOf(preference)
        const better = at(keys, judged?.better ?? preference.chosen)
        const worse = at(keys, judged?.worse ?? preference.rejected)
        const pair = pairs.numberOf(JSON.stringify([promptKey, ...[better, worse].toSorted()]))
        const judgement = judged === undefined ? 4 : better < worse ? 1 : 2
        const before = judgements[pair] ?? 0
        if ((before & judgement) !== 0) duplicates += 1
        judgements[pair] = before | judgement
      }
      return number === known
    },
    result(): Repeats {
      const perPrompt = createSeries('counts')
      for (const count of pairsOf) perPrompt.add(count)
      return {
        prompts: prompts.size,
        pairs_per_prompt: perPrompt.distribution(),
        repeated_prompts: rowsOf.filter((count) => count > 1).length,
        duplicate_pairs: duplicates,
        contradictions: judgements.filter((judgement) => (judgement & 3) === 3).length,
      }
    },
  }
}
