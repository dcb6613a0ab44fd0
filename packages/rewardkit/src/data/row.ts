import { InputError } from '../errors.ts'
import { described, isObject, type Row } from './fields.ts'
import { withExactNumbers } from './json.ts'

/** Deeper nesting than any record has, and less than what exhausts the stack of those who walk through it. */
const deepestNesting = 1000

/**
 * The row of one line. Integers beyond 2^53 become text.
 *
 * @throws InputError (without file and line) if the line is not a JSON object, is nested too deeply, has a number that
 * is too large, or has a key twice. `JSON.parse` would silently take the last.
 */
export function parseRow(text: string): Row {
  if (text.trimStart().startsWith('['))
    throw new InputError('found a list, expected a JSON object', {
      remedy: "write one object per line, as jq -c '.[]' does with a file that is one list",
    })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw invalidJson(text, error)
  }
  if (!isObject(value))
    throw new InputError(`found ${described(value)}, expected a JSON object`, { remedy: 'write one object per line' })
  checkStructure(text)
  const row = withExactNumbers(text, value)
  return isObject(row) ? row : value
}

/** One scan over valid JSON, for nesting and repeated keys. */
function checkStructure(text: string): void {
  // The keys so far of each open object; null for an open list.
  const open: (Set<string> | null)[] = []
  let isKey = false
  for (let i = 0; i < text.length; i++) {
    switch (text.charAt(i)) {
      case '{':
      case '[':
        isKey = text[i] === '{'
        open.push(isKey ? new Set() : null)
        if (open.length > deepestNesting)
          throw new InputError(`nested deeper than ${deepestNesting} levels; expected one flat object per line`)
        break
      case '}':
      case ']':
        open.pop()
        break
      case ',':
        isKey = open.at(-1) !== null
        break
      case ':':
        isKey = false
        break
      case '"': {
        const end = endOfString(text, i)
        if (isKey) addKey(open.at(-1), text.slice(i, end + 1))
        i = end
        break
      }
    }
  }
}

function addKey(keys: Set<string> | null | undefined, literal: string): void {
  const key = literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1)
  if (keys?.has(key)) throw new InputError(`field "${key}" appears twice`, { remedy: 'keep one of the two' })
  keys?.add(key)
}

/** Where the string literal that starts at `start` has its closing quote: the next one after an even number of `\`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end
    while (text[before - 1] === '\\') before--
    if ((end - before) % 2 === 0) return end
  }
}

const numberlike = /:\s*(NaN|-?Infinity)\b/g
const keyBefore = /[{,]\s*"((?:[^"\\]|\\.)*)"\s*$/
/** A key is looked for in this many characters before its value. */
const keyReach = 200

function invalidJson(text: string, cause: unknown): InputError {
  for (const { index, 1: number } of text.matchAll(numberlike)) {
    const key = keyBefore.exec(text.slice(Math.max(0, index - keyReach), index))?.[1]
    if (key !== undefined)
      return new InputError(`field "${key}": found ${number}, expected a finite number (JSON has no ${number})`, {
        cause,
      })
  }
  if (text.includes('\0'))
    return new InputError('invalid JSON (a NUL byte): the file is damaged, or not UTF-8', {
      remedy: 'get it again',
      cause,
    })
  const remedy = text.startsWith('[')
    ? 'write the items of the list one per line'
    : 'write one complete object per line'
  const reason = cause instanceof Error ? cause.message.replaceAll(/\s+/g, ' ') : 'unreadable'
  return new InputError(`invalid JSON (${reason})`, { remedy, cause })
}
