import type { Sequences } from './sequences.ts'
import type { Tokenizer } from './tokenizer.ts'
import { commonPrefixLength, joined, longest, type PromptCut, sparedTokens, type TruncationRule } from './truncate.ts'

/**
 * Number of tokens that the sequences share, BOS included: those of the prompt; where the group has none, what all of
 * its sequences begin with.
 */
export async function sharedTokens(
  sequences: Sequences,
  prompt: string,
  tokenizer: Pick<Tokenizer, 'encode'>,
): Promise<number> {
  const compared = [...sequences.ids]
  if (prompt !== '') compared.push(...(await tokenizer.encode([prompt], { addSpecialTokens: true })))
  const shortest = Math.min(...sequences.ids.map((ids) => ids.length))
  return compared.length < 2 ? 0 : Math.min(commonPrefixLength(compared), shortest - sequences.keep)
}

/**
 * Removes the oldest tokens that the sequences share, BOS excepted, until the longest fits. A quarter of the maximum
 * length is spared, unless a response would have no room beside it.
 */
export async function cutTextPrompt(
  sequences: Sequences,
  prompt: string,
  tokenizer: Pick<Tokenizer, 'added' | 'encode'>,
  maxLength: number,
  rule: TruncationRule,
): Promise<PromptCut> {
  const { front } = tokenizer.added
  const shared = await sharedTokens(sequences, prompt, tokenizer)
  const mayGo = Math.max(0, shared - front)
  const spared = Math.max(0, mayGo - (rule === 1 ? 0 : sparedTokens(maxLength)))
  const forRoom = rule === 1 ? 0 : shared + sequences.keep + 1 - maxLength
  const removed = Math.max(Math.min(longest(sequences) - maxLength, spared), Math.min(forRoom, mayGo))
  const ids = sequences.ids.map((sequence) => joined(sequence.subarray(0, front), sequence.subarray(front + removed)))
  return {
    sequences: { ids, keep: sequences.keep },
    prompt: removed > 0,
    system: false,
    starts: ids.map(() => shared - removed),
  }
}
