import { contentOf } from '../data/build.ts'
import { isObject } from '../data/fields.ts'
import type { Group, Message, TemplateInputs } from '../data/group.ts'
import { UnusableRow } from './unusable-row.ts'
import type { Tokenizer } from './tokenizer.ts'
import { opening } from './written-tokens.ts'
import { phrase, settings } from '../phrase.ts'

/**
 * What happens to special tokens that a text writes out:
 * - `neutralise`: in the contents of conversations they are ordinary text. Plain text, and transcripts read verbatim,
 *   are parsed, as TRL does.
 * - `refuse`: a text of any form that holds one is an InputError.
 * - `parse`: they are special tokens, as transformers takes them: a user's end token ends a turn.
 */
export type SpecialTokensInText = 'neutralise' | 'refuse' | 'parse'

/** Conversations, what their template reads besides them, and the tokenizer to read them with. */
export interface Conversations {
  readonly conversations: readonly (readonly Message[])[]
  readonly inputs: TemplateInputs | undefined
  readonly tokenizer: Tokenizer
}

/**
 * Turns special tokens that messages (in any field) and inputs write out into ordinary text. The chat template's own
 * special tokens and the end token stay special. While the template runs, each written-out token is a single character
 * that occurs nowhere else, so that trimming and cutting work as usual. Then the remaining special tokens, which are
 * the template's own, get private names, and the characters become the tokens' texts again. An encoder that knows
 * special tokens only by their private names encodes the whole. Conversations without such tokens, and their tokenizer,
 * are returned unchanged. Throws InputError, which names the group, for a text that could hold a private name.
 */
export function neutralise(id: string, { conversations, inputs, tokenizer }: Conversations): Conversations {
  const { written } = tokenizer
  const texts = [...textsIn(conversations), ...textsIn(inputs)]
  if (texts.every((text) => written.find(text) === undefined)) return { conversations, inputs, tokenizer }
  if (texts.some((text) => text.includes(opening)))
    throw new UnusableRow('special_token', `${id}: the text holds U+10FFFE, which is not a character`, {
      remedy: 'take it out',
    })

  const everything = new Set(texts.flatMap((text) => Array.from(text)))
  const standIns = new Map<string, string>()
  let next = firstStandIn
  const standIn = (token: string) => {
    const known = standIns.get(token)
    if (known !== undefined) return known
    while (everything.has(String.fromCodePoint(next))) next++
    const character = String.fromCodePoint(next++)
    standIns.set(token, character)
    return character
  }
  const hide = (text: string) => written.replace(text, standIn)
  const show = (text: string) =>
    [...standIns].reduce((shown, [token, character]) => shown.replaceAll(character, () => token), text)
  return {
    conversations: withTexts(conversations, hide),
    inputs: withTexts(inputs, hide),
    tokenizer: {
      ...tokenizer,
      encode: (rendered, options) =>
        written.encode(
          rendered.map((text) => show(written.replace(text, written.privateName))),
          options,
        ),
    },
  }
}

/** Characters of an old script, which Python's `repr`, `trim` and letter cases leave alone. */
const firstStandIn = 0x2a000

/** All texts of a value, keys included. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isObject(value) ? Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]) : []
}

/** The value with all of its texts changed. */
function withTexts<T>(value: T, change: (text: string) => string): T
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item: unknown) => withTexts(item, change))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [change(key), withTexts(inner, change)]))
}

/** Throws InputError that names the group where any of its texts writes out a special token. */
export function refuseSpecialTokens(group: Group, { written }: Tokenizer): void {
  const { prompt, responses, source, inputs } = group
  const joined = responses.map((response) => [...prompt, ...response].map(contentOf).join(''))
  const texts = [
    ...textsIn(prompt),
    ...textsIn(responses),
    ...textsIn(inputs),
    ...(group.form === 'text' ? joined : []),
    ...(source?.responses.map((response) => source.prompt + response) ?? []),
  ]
  for (const text of texts) {
    const token = written.find(text)
    if (token !== undefined)
      throw new UnusableRow('special_token', `${group.id}: the text holds the special token ${JSON.stringify(token)}`, {
        remedy: phrase`remove it, or give ${settings({ specialTokensInText: 'neutralise' })} or ${settings({ specialTokensInText: 'parse' })}`,
      })
  }
}
