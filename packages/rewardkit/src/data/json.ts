import { InputError } from '../errors.ts'
import { isObject } from './fields.ts'

/** Numbers that may be more than a number can hold: sixteen digits in a row, or an exponent of three. Also within texts. */
const suspicious = /\d{16}|[eE]\+?\d{3}/
/** A text, or a number, as they stand in valid JSON. */
const textOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs

/** Whether a number as it is written is one that can be held: no integer beyond 2^53, nothing that becomes infinite. */
export const isExact = (written: string): boolean =>
  /^-?\d+$/.test(written) ? Number.isSafeInteger(Number(written)) : Number.isFinite(Number(written))

/**
 * `JSON.parse`, but integers beyond 2^53 become text with all their digits, as those of Parquet do.
 * @throws SyntaxError for what is no JSON; InputError for a number too large for any
 */
export const parseJson = (text: string): unknown => withExactNumbers(text, JSON.parse(text))

/** The same for a text that is parsed already. */
export function withExactNumbers(text: string, parsed: unknown): unknown {
  if (!suspicious.test(text)) return parsed
  const kept = text.replaceAll(textOrNumber, (token) => (isLargeInteger(token) ? `"${token}"` : token))
  const exact: unknown = kept === text ? parsed : JSON.parse(kept)
  const infinite = infiniteAt(exact, '')
  if (infinite !== undefined)
    throw new InputError(`field "${infinite}": found a number beyond 1.8e308, expected one that can be held`, {
      remedy: 'write it as text, or leave it out',
    })
  return exact
}

const isLargeInteger = (token: string): boolean =>
  !token.startsWith('"') && /^-?\d{16,}$/.test(token) && !isExact(token)

/** Where there is a number that has become infinite. */
function infiniteAt(value: unknown, path: string): string | undefined {
  if (value === Infinity || value === -Infinity) return path
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const inside = path === '' ? key : Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`
    const found = infiniteAt(inner, inside)
    if (found !== undefined) return found
  }
  return undefined
}

/** The value with U+FFFD in place of each surrogate without its partner; the same value where there is none. */
export function withWholeCharacters(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (Array.isArray(value)) {
    const items = value.map(withWholeCharacters)
    return items.every((item, index) => item === value[index]) ? value : items
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key.toWellFormed(), withWholeCharacters(inner)] as const)
  return entries.every(([key, inner]) => Object.hasOwn(value, key) && value[key] === inner)
    ? value
    : Object.fromEntries(entries)
}
