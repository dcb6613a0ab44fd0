import { Tokenizer as Encoder } from 'tokenizers'
import { z } from 'zod'
import type { AddedToken, TokenizerFiles } from './tokenizer-files.ts'

/** Whether the tokenizer's own post-processing (a BOS in front, for most) is applied. */
export interface TextOptions {
  readonly addSpecialTokens: boolean
}

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

/** Two code points that are not characters; a private name begins with the one and ends with the other. */
export const opening = '\u{10fffe}'
const closing = '\u{10ffff}'

/** The encoder of `encode` is built when it is first needed. */
export function writtenTokens({ addedTokens, tokenizerJson }: TokenizerFiles): WrittenTokens {
  const special = addedTokens.filter((token) => token.special && token.content !== '')
  const names = new Map(special.map(({ id, content }) => [content, `${opening}${id}${closing}`]))
  const pattern = patternOf(special.map((token) => token.content))
  // A token that is searched for in normalised text may be hidden among other characters.
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
