import { at } from '../../at.ts'
import { conversationKey, inputsKeys, messageText } from '../build.ts'
import type { Group, Message } from '../group.ts'

/** The part of a group that is compared. */
export type Scope = 'pair' | 'prompt'

/**
 * A text for which equal groups have equal ones: of the prompt alone, or of prompt, responses and which were preferred.
 * The order of responses does not count.
 */
export function exactKey(group: Group, scope: Scope): string {
  if (scope === 'prompt') return group.promptId
  return [keyOf(group, conversationKey), ...inputsKeys(group.inputs)].join('\n')
}

/**
 * Equal for prompts whose user turns are equal, even with other system turns or other answers in between. A prompt
 * without a user turn is compared as a whole.
 */
export function userTurnsKey(group: Group): string {
  const turns = userTurns(group)
  return turns.length === 0 ? group.promptId : conversationKey(turns)
}

/** What the user says in a prompt as one text; undefined where that is nothing, or all of the prompt. */
export function userText(group: Group): string | undefined {
  const turns = userTurns(group)
  return turns.length === 0 || turns.length === group.prompt.length ? undefined : plainText(turns)
}

const userTurns = ({ prompt }: Group): readonly Message[] => prompt.filter(({ role }) => role === 'user')

/** The same for texts that differ in letter case, white space, punctuation and Unicode's compatible characters only. */
export function normalisedKey(group: Group, scope: Scope): string {
  // A text without letters or digits is compared unchanged.
  const normalised = (messages: readonly Message[]) => normalisedText(plainText(messages)) || plainText(messages)
  if (scope === 'prompt') return group.prompt.length > 0 ? normalised(group.prompt) : keyOf(group, normalised)
  return keyOf(group, normalised)
}

function keyOf({ prompt, responses, preferences }: Group, textOf: (messages: readonly Message[]) => string): string {
  const texts = responses.map(textOf)
  const judged = preferences.flatMap(({ chosen, rejected }) => [at(texts, chosen), at(texts, rejected)])
  // Each text once, and pairs by places: a pair of texts for each preference would grow with the square of the responses.
  const sorted: readonly string[] = [...new Set(judged)].toSorted()
  const places = new Map(sorted.map((text, place) => [text, place]))
  const placeOf = (response: number) => places.get(texts[response] ?? '') ?? 0
  const pairs = preferences.map(({ chosen, rejected }) => `${placeOf(chosen)} ${placeOf(rejected)}`)
  return JSON.stringify([textOf(prompt), sorted, pairs.toSorted()])
}

/** Lower case, compatible characters (NFKC), and nothing but letters, digits and single blanks. */
export function normalisedText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()
}

/** All that is said in a group, or in its prompt, as one text; responses in an order that does not depend on the row's. */
export function comparedText(group: Group, scope: Scope): string {
  const responses = group.responses.map(plainText).toSorted()
  if (scope === 'prompt' && group.prompt.length > 0) return plainText(group.prompt)
  return [plainText(group.prompt), ...responses].join('\n')
}

function plainText(messages: readonly Message[]): string {
  return messages.map(messageText).join('\n')
}
