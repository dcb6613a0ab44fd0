import { at } from '../at.ts'
import type { Sequences } from './sequences.ts'

/**
 * What happens to a group with a sequence longer than the maximum length:
 * - `prompt-left`: all branches lose the same oldest part of the prompt, then the end of the system turn; responses that
 *   are still too long are cut at their end.
 * - `response-right`: each too long sequence is cut at its end. A prompt that would leave a response nothing is cut as
 *   with `prompt-left`.
 * - `drop`: the group is dropped (TRL's behaviour).
 * Every cut keeps BOS, the end token, and something of each response.
 */
export type Truncation = 'prompt-left' | 'response-right' | 'drop'

/**
 * Which version of the above: 1 is that of models without `truncation_rule` in rewardkit.json. It kept the system turn
 * whole and let a long prompt empty the responses.
 */
export type TruncationRule = 1 | 2

/** The rule by which everything is cut now; models that are trained now are saved with it. */
export const truncationRule: TruncationRule = 2

/** What truncation took from a group. */
export interface Cut {
  /** Turns of the prompt, or part of one; of plain text, tokens of it. */
  readonly prompt: boolean
  /** The end of the system turn. */
  readonly system: boolean
  /** The end of a response. */
  readonly responses: boolean
  /** Rule 1 gave other ids. */
  readonly otherwise: boolean
  /** For each response, whether it or its prompt lost tokens. */
  readonly ofResponse: readonly boolean[]
  /** For each response its branch if nothing had been cut: whether two became equal by the cut. */
  readonly wholeBranchOf: readonly number[]
}

/** Sequences whose prompt was cut. */
export interface PromptCut {
  readonly sequences: Sequences
  readonly prompt: boolean
  readonly system: boolean
  /** For each sequence, where its response begins. */
  readonly starts: readonly number[]
}

/** How a group is read, for the sake of cutting it. */
export interface Cuttable {
  /** Cuts the prompt until the longest sequence fits, or until no more of it may be cut. */
  cutPrompt(whole: Sequences, rule: TruncationRule): Promise<PromptCut>
  /** Where the responses of whole sequences begin. */
  starts(whole: Sequences): Promise<readonly number[]>
}

/** Sequences that fit, and what they lost. */
export interface Truncated extends PromptCut {
  readonly responses: boolean
}

/**
 * Cuts sequences if one of them is too long. Null where no cut leaves something of each response: the maximum length is
 * about that of what the chat template writes around the contents.
 */
export async function truncate(
  whole: Sequences,
  reading: Cuttable,
  { maxLength, truncation, rule }: { maxLength: number; truncation: Truncation; rule: TruncationRule },
): Promise<Truncated | null> {
  if (truncation !== 'prompt-left') {
    const starts = await reading.starts(whole)
    if (rule === 1 || hasRoom(whole, starts, maxLength))
      return { sequences: cutRight(whole, maxLength), prompt: false, system: false, responses: true, starts }
  }
  const { sequences, prompt, system, starts } = await reading.cutPrompt(whole, rule)
  if (rule === 2 && !hasRoom(sequences, starts, maxLength)) return null
  const responses = longest(sequences) > maxLength
  return { sequences: cutRight(sequences, maxLength), prompt, system, responses, starts }
}

/** Whether each sequence fits, or is cut at its end without losing all of its response. */
export function hasRoom({ ids, keep }: Sequences, starts: readonly number[], maxLength: number): boolean {
  return ids.every(({ length }, index) => length <= maxLength || at(starts, index) + keep < maxLength)
}

/** Length of the longest sequence. */
export function longest(sequences: Sequences): number {
  return Math.max(...sequences.ids.map((ids) => ids.length))
}

/** Cuts each sequence that is longer than `maxLength` at its right, keeping the end. */
function cutRight({ ids, keep }: Sequences, maxLength: number): Sequences {
  const kept = Math.min(keep, maxLength)
  const cut = (sequence: Int32Array) =>
    sequence.length <= maxLength
      ? sequence
      : joined(sequence.subarray(0, maxLength - kept), sequence.subarray(sequence.length - kept))
  return { ids: ids.map(cut), keep }
}

/** Tokens of a prompt that rule 2 spares while the system turn or a response can be cut instead. */
export const sparedTokens = (maxLength: number): number => Math.floor(maxLength / 4)

/** Number of leading ids that all sequences have in common. */
export function commonPrefixLength(sequences: readonly Int32Array[]): number {
  const [first = new Int32Array(), ...others] = sequences
  const difference = first.findIndex((id, index) => others.some((other) => other[index] !== id))
  return difference < 0 ? first.length : difference
}

export function joined(left: Int32Array, right: Int32Array): Int32Array {
  const result = new Int32Array(left.length + right.length)
  result.set(left)
  result.set(right, left.length)
  return result
}
