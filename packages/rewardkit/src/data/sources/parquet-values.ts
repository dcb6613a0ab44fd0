import type { ParquetReadOptions } from 'hyparquet'
import { InputError } from '../../errors.ts'
import { parseJson } from '../json.ts'

/** Replaces a value that is not text, until its row is known. */
const notText = Symbol('bytes that are not text')
const notJson = Symbol('text that is not JSON')

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function text(bytes: Uint8Array): string | symbol {
  try {
    return decoder.decode(bytes)
  } catch {
    return notText
  }
}

/** Times become ISO 8601 text; one that no date can hold, its number as text. */
function time(milliseconds: number, length: number, otherwise: unknown): string {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? String(otherwise) : date.toISOString().slice(0, length)
}

/** How Parquet's logical types become JSON's. */
export const parsers: NonNullable<ParquetReadOptions['parsers']> = {
  stringFromBytes: text,
  jsonFromBytes(bytes) {
    const json = text(bytes)
    if (typeof json !== 'string') return json
    try {
      return parseJson(json)
    } catch {
      return notJson
    }
  },
  dateFromDays: (days) => time(days * 86_400_000, 10, days),
  timestampFromMilliseconds: (value) => time(Number(value), 24, value),
  timestampFromMicroseconds: (value) => time(Number(value / 1000n), 24, value),
  timestampFromNanoseconds: (value) => time(Number(value / 1_000_000n), 24, value),
}

/**
 * A value as JSON would hold it: a missing value is null; an integer too large for a number is text.
 * @throws InputError for bytes, which are not text
 */
export function plainValue(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (value === notText)
    throw new InputError('bytes that are not valid UTF-8, expected text', {
      remedy: 'leave the column out, or save it as UTF-8',
    })
  if (value === notJson) throw new InputError('text that is not valid JSON in a column of the type JSON')
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
  if (typeof value !== 'object') return value
  if (value instanceof Uint8Array)
    throw new InputError('bytes, expected text, numbers, lists or structs', { remedy: 'leave the column out' })
  if (Array.isArray(value)) return value.map(plainValue)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainValue(inner)]))
}
