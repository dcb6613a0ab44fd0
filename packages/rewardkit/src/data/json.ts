import { InputError } from '../errors.ts'
import { isObject } from './fields.ts'

/** Numbers that may be more than a number can hold: sixteen digits in a row, or an exponent of three. Also within texts. */
const suspicious = /\d{16}|[eE]\+?\d{3}/
/** A text or a number, as written in valid JSON. */
const textOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs

/** Whether a number can be held as written: no integer beyond 2^53, nothing that becomes infinite. */
export const isExact = (written: string): boolean =>
  /^-?\d+$/.test(written) ? Number.isSafeInteger(Number(written)) : Number.isFinite(Number(written))

/**
 * `JSON.parse`, but integers beyond 2^53 become text with all their digits, as those of Parquet do.
 * @throws SyntaxError for a text that is not JSON; InputError for a number too large for any
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
export const withWholeCharacters = (value: unknown): unknown => (isWhole(value) ? value : mended(value))

/** Every row is looked at, so that this makes nothing. */
function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return isWholeText(value)
  if (Array.isArray(value)) return value.every(isWhole)
  if (!isObject(value)) return true
  for (const key in value) if (!isWholeText(key) || !isWhole(value[key])) return false
  return true
}

/** Names of fields and the like are quicker looked through than handed over. */
function isWholeText(text: string): boolean {
  if (text.length > 32) return text.isWellFormed()
  for (let at = 0; at < text.length; at++) if ((text.charCodeAt(at) & 0xf800) === 0xd800) return text.isWellFormed()
  return true
}

function mended(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(mended)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), mended(inner)]))
}
