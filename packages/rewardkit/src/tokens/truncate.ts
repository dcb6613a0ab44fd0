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
 * Drops the oldest turns of all conversations alike, leading system turns excepted, until the longest fits. What
 * remains begins with a user turn. Where the last exchange alone is too long, its user turn loses its oldest
 * characters, as few as will do.
 */
export async function cutTurns(
  conversations: readonly (readonly Message[])[],
  tokenizer: Tokenizer,
  pool: Pool,
  maxLength: number,
): Promise<Sequences> {
  const [first = []] = conversations
  const system = countLeadingSystem(first)
  const starts = turnStarts(conversations, system)
  let sequences: Sequences | undefined
  for (const start of starts) {
    sequences = await encodeConversations(
      conversations.map((messages) => [...messages.slice(0, system), ...messages.slice(start)]),
      tokenizer,
      pool,
    )
    if (longest(sequences) <= maxLength) return sequences
  }
  const start = starts.at(-1) ?? system
  const turn = first[start]
  const isShared = conversations.every(
    (messages) => messages.length > start + 1 && messages[start]?.content === turn?.content,
  )
  if (turn?.role !== 'user' || !isShared) {
    return sequences ?? encodeConversations(conversations, tokenizer, pool)
  }
  const characters = Array.from(turn.content)
  const without = (removed: number) =>
    encodeConversations(
      conversations.map((messages) => [
        ...messages.slice(0, system),
        { role: turn.role, content: characters.slice(removed).join('') },
        ...messages.slice(start + 1),
      ]),
      tokenizer,
      pool,
    )
  return shortestCut(characters.length, without, maxLength)
}

/** The smallest cut that fits, by bisection; the largest where none does. */
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

function countLeadingSystem(messages: readonly Message[]): number {
  const count = messages.findIndex((message) => message.role !== 'system')
  return count < 0 ? messages.length : count
}

/** Where all conversations may begin after a cut: at a user turn that is followed by something. */
function turnStarts(conversations: readonly (readonly Message[])[], system: number): number[] {
  const shortest = Math.min(...conversations.map((messages) => messages.length))
  const starts: number[] = []
  for (let start = system + 1; start < shortest - 1; start++) {
    if (conversations.every((messages) => messages[start]?.role === 'user')) starts.push(start)
  }
  return starts
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
