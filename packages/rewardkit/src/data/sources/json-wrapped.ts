import { InputError } from '../../errors.ts'
import { isObject, type Row } from '../fields.ts'
import type { Bytes } from './source.ts'

/** Fields under which exporters and servers put their rows. */
const wrappers = new Set(['rows', 'data', 'examples', 'items'])
/** Fields of a row itself: lists of objects in it are conversations. */
const rowFields = new Set(['prompt', 'chosen', 'rejected', 'response', 'responses', 'messages', 'conversations'])

/**
 * The field of an object that holds all rows: a list of objects under a name that means rows, or in the only field that
 * is seen. Undefined if the object is a row itself.
 * @param head begins with the object and may be cut
 */
export function wrappingField(head: string): { name: string; isOpened: boolean } | undefined {
  const fields = [...topFields(head)]
  if (fields.some(({ name }) => rowFields.has(name))) return undefined
  const lists = fields.filter(({ at }) => /^\[\s*\{/.test(head.slice(at, at + 1000)))
  const opened = lists.find(({ name }) => wrappers.has(name))
  if (opened) return { name: opened.name, isOpened: true }
  const [only] = lists
  return only && fields.length === 1 ? { name: only.name, isOpened: false } : undefined
}

/** The fields of the object that the text begins with, and where their values begin. */
function* topFields(text: string): Generator<{ name: string; at: number }> {
  let depth = 0
  let key: string | undefined
  const token = /"((?:[^"\\]|\\.)*)"|[{}[\],:]/gs
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found, string] = match
    if (string !== undefined) key = depth === 1 ? string : key
    else if (found === '{' || found === '[') depth++
    else if (found === '}' || found === ']') depth--
    else if (found === ':' && depth === 1 && key !== undefined) {
      const space = /\s*/y
      space.lastIndex = token.lastIndex
      yield { name: key, at: token.lastIndex + (space.exec(text)?.[0].length ?? 0) }
      key = undefined
    }
    if (depth === 0) return
  }
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * The bytes of the list that a field of the one object holds, and nothing else.
 * @throws InputError (without the file) where the object does not end, or something follows it
 */
export async function* listInside(bytes: Bytes, field: string): AsyncGenerator<Buffer> {
  let depth = 0
  let inString = false
  let escaped = false
  /** The bytes of the last text in the outermost object, which is the name of a field if a colon follows. */
  let name: number[] = []
  let isField = false
  let isInside = false
  let ended = false
  for await (const piece of bytes) {
    let start = isInside ? 0 : -1
    for (let at = 0; at < piece.length; at++) {
      const byte = piece.readUInt8(at)
      if (ended) {
        if (byte > 0x20)
          throw new InputError(`something follows the object around "${field}"; expected one object and nothing else`, {
            remedy: 'put all rows into one list, or one object per line',
          })
      } else if (inString) {
        if (depth === 1) name.push(byte)
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
      } else if (byte === quote) {
        inString = true
        name = []
      } else if (byte === colon && depth === 1) isField = Buffer.from(name.slice(0, -1)).toString() === field
      else if (byte === openList || byte === openObject) {
        if (++depth === 2 && isField && byte === openList) {
          isInside = true
          start = at
        }
      } else if (byte === closeList || byte === closeObject) {
        if (--depth === 1 && isInside) {
          yield piece.subarray(start, at + 1)
          isInside = false
          isField = false
          start = -1
        }
        ended = depth === 0
      }
    }
    if (start !== -1 && isInside) yield piece.subarray(start)
  }
  if (!ended)
    throw new InputError(`the object around "${field}" does not end; expected } after the last row`, {
      remedy: 'the file is incomplete: get it again',
    })
}

/**
 * Unwraps a row as Hugging Face's server wraps it, {row_idx, row, truncated_cells}; others stay unchanged.
 * @throws InputError where the server has cut cells
 */
export function unwrapped(item: Row): Row {
  const { row, row_idx: index, truncated_cells: cut } = item
  if (!isObject(row) || index === undefined) return item
  if (Array.isArray(cut) && cut.length > 0)
    throw new InputError(`the server has cut ${cut.join(', ')}`, { remedy: 'get the data set itself, as Parquet' })
  return row
}
