import { contentOf } from '../data/build.ts'
import type { Message } from '../data/group.ts'
import { encodeConversations, type Pool, type Sequences } from './sequences.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * What happens to a group with a sequence longer than the maximum length:
 * - `prompt-left`: all branches lose the same oldest part of the prompt; a response too long by itself is cut at its
 *   right.
 * - `response-right`: each too long sequence is cut at its right.
 * - `drop`: the group is dropped (TRL's behaviour).
 * Every cut keeps BOS, system turn and the end token.
 */
export type Truncation = 'prompt-left' | 'response-right' | 'drop'

/** Length of the longest sequence. */
export function longest(sequences: Sequences): number {
  return Math.max(...sequences.ids.map((ids) => ids.length))
}

/** Cuts each sequence that is longer than `maxLength` at its right, keeping the end. */
export function cutRight({ ids, keep }: Sequences, maxLength: number): Sequences {
  const kept = Math.min(keep, maxLength)
  const cut = (sequence: Int32Array) =>
    sequence.length <= maxLength
      ? sequence
      : joined(sequence.subarray(0, maxLength - kept), sequence.subarray(sequence.length - kept))
  return { ids: ids.map(cut), keep }
}

/**
 * Removes the oldest tokens that the sequences share, BOS excepted, until the longest fits. Shared are those of the
 * prompt; where the group has none, what all of its sequences begin with.
 */
export async function cutTextPrompt(
  sequences: Sequences,
  prompt: string,
  tokenizer: Tokenizer,
  maxLength: number,
): Promise<Sequences> {
  const { front, behind } = tokenizer.added
  const compared = [...sequences.ids]
  if (prompt !== '') {
    const [ids = new Int32Array()] = await tokenizer.encode([prompt], { addSpecialTokens: true })
    compared.push(ids.subarray(0, ids.length - behind))
  }
  const shortest = Math.min(...sequences.ids.map((ids) => ids.length))
  const shared = compared.length < 2 ? 0 : Math.min(commonPrefixLength(compared), shortest - sequences.keep)
  const removed = Math.max(0, Math.min(longest(sequences) - maxLength, shared - front))
  const ids = sequences.ids.map((sequence) => joined(sequence.subarray(0, front), sequence.subarray(front + removed)))
  return { ids, keep: sequences.keep }
}

/**
 * Drops the oldest turns of the shared prompt, its leading system turns excepted, until the longest conversation fits.
 * What remains of it begins with a user turn. Where its last user turn is still too much, that turn loses its oldest
 * characters, as few as will do. `sequences` are the whole conversations, of which the first `promptLength` messages are
 * the prompt.
 */
export async function cutTurns(
  sequences: Sequences,
  conversations: readonly (readonly Message[])[],
  promptLength: number,
  tokenizer: Tokenizer,
  pool: Pool,
  maxLength: number,
): Promise<Sequences> {
  const prompt = conversations[0]?.slice(0, promptLength) ?? []
  const firstTurn = prompt.findIndex(({ role }) => role !== 'system')
  if (firstTurn < 0) return sequences
  const withPrompt = (shortened: readonly Message[]) =>
    encodeConversations(
      conversations.map((messages) => [...prompt.slice(0, firstTurn), ...shortened, ...messages.slice(promptLength)]),
      tokenizer,
      pool,
    )
  const starts = prompt.flatMap(({ role }, index) => (role === 'user' && index > firstTurn ? [index] : []))
  const byTurns =
    starts.length === 0
      ? sequences
      : await shortestCut(starts.length, (cut) => withPrompt(prompt.slice(starts[cut - 1])), maxLength)
  const last = starts.at(-1) ?? firstTurn
  const turn = prompt[last]
  if (longest(byTurns) <= maxLength || turn?.role !== 'user') return byTurns
  const characters = Array.from(contentOf(turn))
  return shortestCut(
    characters.length,
    (removed) => withPrompt([{ ...turn, content: characters.slice(removed).join('') }, ...prompt.slice(last + 1)]),
    maxLength,
  )
}

/** The smallest cut of 1 to `limit` that fits, by bisection; the largest where none does. */
async function shortestCut(
  limit: number,
  without: (removed: number) => Promise<Sequences>,
  maxLength: number,
): Promise<Sequences> {
  let best = await without(limit)
  let tooFew = 0
  let enough = limit
  while (longest(best) <= maxLength && enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2)
    const candidate = await without(middle)
    if (longest(candidate) <= maxLength) {
      best = candidate
      enough = middle
    } else {
      tooFew = middle
    }
  }
  return best
}

/** Number of leading ids that all sequences have in common. */
export function commonPrefixLength(sequences: readonly Int32Array[]): number {
  const [first = new Int32Array(), ...others] = sequences
  const difference = first.findIndex((id, index) => others.some((other) => other[index] !== id))
  return difference < 0 ? first.length : difference
}

function joined(left: Int32Array, right: Int32Array): Int32Array {
  const result = new Int32Array(left.length + right.length)
  result.set(left)
  result.set(right, left.length)
  return result
}
