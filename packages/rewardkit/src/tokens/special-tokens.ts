import { Tokenizer as Encoder } from 'tokenizers'
import { z } from 'zod'
import { contentOf } from '../data/build.ts'
import { isObject } from '../data/fields.ts'
import type { Group, Message, TemplateInputs } from '../data/group.ts'
import { UnusableRow } from './unusable-row.ts'
import type { TextOptions, Tokenizer } from './tokenizer.ts'
import type { AddedToken, TokenizerFiles } from './tokenizer-files.ts'

/**
 * What becomes of special tokens that a text writes out:
 * - `neutralise`: in the contents of conversations they are ordinary text. Plain text, and transcripts read as they came,
 *   are parsed, as TRL does.
 * - `refuse`: a text of any form that holds one is an InputError.
 * - `parse`: they are special tokens, as transformers takes them: a user's end token ends a turn.
 */
export type SpecialTokensInText = 'neutralise' | 'refuse' | 'parse'

/** Finds the special tokens that a text writes out, and encodes texts in which they go by other names. */
export interface WrittenTokens {
  /** The first special token that a text holds, as it reads in the vocabulary. */
  readonly find: (text: string) => string | undefined
  /** The text with each special token replaced. */
  readonly replace: (text: string, substitute: (token: string) => string) => string
  /** The same ids as the tokenizer gives, but special tokens are those that `privateName` names, and only those. */
  readonly encode: (texts: readonly string[], options: TextOptions) => Promise<Int32Array[]>
  /** What a special token is called for `encode`. */
  readonly privateName: (token: string) => string
}

/** Two code points that stand for no character; a private name begins with the one and ends with the other. */
const [opening, closing] = ['\u{10fffe}', '\u{10ffff}']

/** The encoder of `encode` is built when it is first needed. */
export function writtenTokens({ addedTokens, tokenizerJson }: TokenizerFiles): WrittenTokens {
  const special = addedTokens.filter((token) => token.special && token.content !== '')
  const names = new Map(special.map(({ id, content }) => [content, `${opening}${id}${closing}`]))
  const pattern = patternOf(special.map((token) => token.content))
  // A token that is sought in normalised text may hide behind other characters.
  const hidden = special.filter((token) => token['normalized'] === true)
  const hiddenPattern = patternOf(hidden.map((token) => folded(token.content)))
  const hiddenIn = (text: string) => hidden.length > 0 && folded(text).match(hiddenPattern)?.[0]
  let encoder: Encoder | undefined
  return {
    find: (text) => text.match(pattern)?.[0] ?? (hiddenIn(text) || undefined),
    replace: (text, substitute) => text.replaceAll(pattern, substitute),
    privateName: (token) => names.get(token) ?? token,
    encode: async (texts, { addSpecialTokens }) => {
      encoder ??= Encoder.fromString(renameTokens(tokenizerJson, names))
      const encodings = await encoder.encodeBatch([...texts], { addSpecialTokens })
      return encodings.map((encoding) => Int32Array.from(encoding.getIds()))
    },
  }
}

const folded = (text: string): string => text.normalize('NFKC').toLowerCase()

/** Finds any of the texts, of several at one place the longest. */
function patternOf(texts: readonly AddedToken['content'][]): RegExp {
  const escaped = texts
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`))
  return new RegExp(escaped.length === 0 ? '(?!)' : escaped.join('|'), 'gu')
}

/** tokenizer.json with tokens under other names, ids unchanged. */
function renameTokens(tokenizerJson: string, names: ReadonlyMap<string, string>): string {
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value
    if (Array.isArray(value)) return value.map(renamed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [names.get(key) ?? key, renamed(inner)]))
  }
  const naming = new Set(['added_tokens', 'model', 'post_processor'])
  const parts = Object.entries(z.record(z.string(), z.unknown()).parse(JSON.parse(tokenizerJson)))
  return JSON.stringify(Object.fromEntries(parts.map(([key, part]) => [key, naming.has(key) ? renamed(part) : part])))
}

/** Conversations, what their template reads besides them, and the tokenizer to read them with. */
export interface Conversations {
  readonly conversations: readonly (readonly Message[])[]
  readonly inputs: TemplateInputs | undefined
  readonly tokenizer: Tokenizer
}

/**
 * Makes ordinary text of the special tokens that messages, in any of their fields, and inputs write out; what the chat template writes, and the
 * end token, stay special. While the template runs, each written-out token is a single character that occurs nowhere
 * else, so that trimming and cutting work as ever. Then the remaining special tokens, which are the template's own, get
 * private names, the characters become the tokens' texts again, and an encoder that knows special tokens by their
 * private names alone encodes the whole. Conversations without such tokens, and their tokenizer, are returned as they
 * are. Throws InputError, which names the group, for a text that could hold a private name.
 */
export function neutralise(id: string, { conversations, inputs, tokenizer }: Conversations): Conversations {
  const { written } = tokenizer
  const texts = [...textsIn(conversations), ...textsIn(inputs)]
  if (texts.every((text) => written.find(text) === undefined)) return { conversations, inputs, tokenizer }
  if (texts.some((text) => text.includes(opening)))
    throw new UnusableRow('special_token', `${id}: the text holds U+10FFFE, which stands for no character`, {
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
        remedy: 'take it out, or choose --special-tokens-in-text neutralise or parse',
      })
  }
}
