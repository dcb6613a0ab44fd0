import { InputError } from '../errors.ts'
import type { Message } from './group.ts'

/** A parsed line: a JSON object. */
export type Row = Readonly<Record<string, unknown>>

/** What was found, in the words of a message: `number 3`, `a list`, `nothing`. */
export function described(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return value === '' ? 'empty text' : `text ${JSON.stringify(shortened(value))}`
  return typeof value === 'number' || typeof value === 'boolean' ? `${typeof value} ${value}` : typeof value
}

/** The error for one field. `remedy` ends the line. */
export function fieldError(field: string, value: unknown, expected: string, remedy?: string): InputError {
  return new InputError(`field "${field}": found ${described(value)}, expected ${expected}`, { remedy })
}

/** The same where a number is expected. One that is missing may only be in another column. */
export function numberError(field: string, value: unknown, expected: string, remedy?: string): InputError {
  const isWrong = typeof value === 'number' || (typeof value === 'string' && value !== '')
  return new InputError(`field "${field}": found ${described(value)}, expected ${expected}`, {
    remedy,
    about: isWrong ? { kind: 'number' } : undefined,
  })
}

/** An optional number; null counts as absent (so pandas and Parquet write it). */
export function optionalNumber(row: Row, field: string, least = -Infinity, most = Infinity): number | undefined {
  const value = row[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw numberError(field, value, 'a finite number', isNumberText(value) ? 'write it without quotes' : undefined)
  if (value < least || value > most) {
    const range = most === Infinity ? `a number not below ${least}` : `a number between ${least} and ${most}`
    throw numberError(field, value, range)
  }
  return value
}

const isNumberText = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))

/** An optional name (id, subset): text or an integer, which becomes text; empty text counts as absent (an empty cell). */
export function optionalName(row: Row, field: string): string | undefined {
  const value = row[field]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  throw fieldError(field, value, 'text or an integer')
}

export function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A conversation: a list of objects with text `role` and `content`. Other fields of a message are kept, those that are
 * null left out (so Parquet writes absent ones). A list of text parts is one text.
 */
function messages(value: unknown, field: string): Message[] {
  if (!Array.isArray(value)) throw fieldError(field, value, 'a list of messages {"role", "content"}')
  return value.map((item: unknown, index) => {
    const at = `${field}[${index}]`
    if (!isObject(item)) throw fieldError(at, item, 'a message {"role", "content"}')
    const { role, content } = item
    if (typeof role !== 'string' || role === '') throw fieldError(`${at}.role`, role, 'a role such as "user"')
    const present = Object.entries(item).filter(([, other]) => other !== null && other !== undefined)
    const hasOthers = present.some(([name]) => name !== 'role' && name !== 'content')
    // With its fields in their order.
    return { ...Object.fromEntries(present), role, content: contentField(content, hasOthers, `${at}.content`) }
  })
}

/** Null is the content of a message that other fields make, such as tool calls; in any other it is empty text. */
function contentField(content: unknown, hasOthers: boolean, field: string): string | null {
  if (typeof content === 'string') return content
  if (content === null || (content === undefined && hasOthers)) return hasOthers ? null : ''
  if (Array.isArray(content)) return joinedParts(content, field)
  throw fieldError(field, content, 'text')
}

function joinedParts(parts: readonly unknown[], field: string): string {
  const texts = parts.map(textOfPart)
  const others = parts.filter((_, index) => texts[index] === undefined).map(kindOfPart)
  if (others.length === 0) return texts.join('')
  const kinds = [...new Set(others)].map((kind) => `${others.filter((other) => other === kind).length} ${kind}`)
  throw new InputError(
    `field "${field}": found a list of ${parts.length} parts with ${kinds.join(', ')}, expected parts of text only`,
  )
}

function textOfPart(part: unknown): string | undefined {
  if (typeof part === 'string') return part
  if (!isObject(part) || typeof part['text'] !== 'string') return undefined
  return part['type'] === undefined || part['type'] === null || part['type'] === 'text' ? part['text'] : undefined
}

const kindOfPart = (part: unknown): string =>
  isObject(part) && typeof part['type'] === 'string' ? part['type'] : described(part)

/** A text or a conversation, whichever it is. */
export function textOrMessages(value: unknown, field: string): string | Message[] {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return messages(value, field)
  throw fieldError(field, value, 'text or a list of messages')
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
