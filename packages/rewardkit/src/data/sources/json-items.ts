import { InputError } from '../../errors.ts'
import { longestLine } from '../lines.ts'
import type { Bytes } from './source.ts'

/** The bytes of one item of a list; null for one that is too long. Numbers count from 1. */
export interface ListItem {
  readonly number: number
  readonly bytes: Buffer | null
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Cuts one JSON list into its items, in memory bounded by the longest item. Does not check whether the items
 * are valid JSON.
 * @param bytes begin with `[`, after white space or a byte order mark
 * @throws InputError (without the file) if the list does not end, or something follows it
 */
export async function* listItems(bytes: Bytes): AsyncGenerator<ListItem> {
  let depth = 0
  let inString = false
  let escaped = false
  let ended = false
  let number = 0
  let parts: Buffer[] = []
  let length = 0
  const keep = (piece: Buffer) => {
    if (piece.length === 0) return
    length += piece.length
    if (length <= longestLine) parts.push(piece)
    else parts = []
  }
  const take = (): ListItem => {
    const item = { number: ++number, bytes: length > longestLine ? null : Buffer.concat(parts) }
    parts = []
    length = 0
    return item
  }

  for await (const piece of bytes) {
    if (ended && !isBlank(piece)) throw behindTheEnd()
    if (ended) continue
    let start = 0
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at]
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
      } else if (byte === quote) inString = true
      else if (byte === openList || byte === openObject) {
        depth++
        if (depth === 1) start = at + 1
      } else if (byte === closeList || byte === closeObject) {
        depth--
        if (depth > 0) continue
        keep(piece.subarray(start, at))
        const last = take()
        if (number > 1 || last.bytes === null || !isBlank(last.bytes)) yield last
        else throw new InputError('an empty list; expected a list of rows')
        ended = true
        if (!isBlank(piece.subarray(at + 1))) throw behindTheEnd()
        break
      } else if (byte === comma && depth === 1) {
        keep(piece.subarray(start, at))
        start = at + 1
        yield take()
      }
    }
    if (!ended) keep(piece.subarray(start))
  }
  if (!ended)
    throw new InputError('the list does not end; expected ] after the last row', {
      remedy: 'the file is incomplete: get it again',
    })
}

function behindTheEnd(): InputError {
  return new InputError('something follows the end of the list; expected one list and nothing else', {
    remedy: 'put all rows into one list, or one object per line',
  })
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte <= 0x20)
