import { notUtf8 } from './sources/encoding.ts'
import type { Phrase } from '../phrase.ts'

/** A line of a text file, without its line end. `number` counts from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

/** A line that cannot be read, and why (without file and number). */
export interface BadLine {
  readonly number: number
  readonly error: string
  readonly remedy?: string | Phrase
}

/** Bytes. A text this long takes the tokenizer half a minute and 4 GB. */
export const longestLine = 32 * 1024 * 1024
/** What is wrong with a longer one. */
export const tooLongError = `longer than ${longestLine / 2 ** 20} MiB; expected one JSON object`
const newline = 0x0a
const carriageReturn = 0x0d

/**
 * The lines of a text, one after the other; memory is bounded by the longest line. Line ends may be LF or CRLF, a byte
 * order mark is skipped, and blank lines are skipped but counted in the numbers. A line that is not valid UTF-8 or is
 * too long becomes a `BadLine`.
 */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Line | BadLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  const decode = (line: Buffer): Line | BadLine | undefined => {
    number++
    if (line.length > longestLine) return tooLong(number)
    const end = line.at(-1) === carriageReturn ? line.length - 1 : line.length
    let text: string
    try {
      text = decoder.decode(line.subarray(0, end))
    } catch {
      return { number, ...notUtf8 }
    }
    if (number === 1 && text.startsWith('\uFEFF')) text = text.slice(1)
    return text.trim() === '' ? undefined : { number, text }
  }

  // The line so far. Anything after the limit is dropped: one byte more shows that the line is too long.
  let parts: Buffer[] = []
  let pending = 0
  const keep = (piece: Buffer) => {
    const kept = piece.subarray(0, Math.max(0, longestLine + 1 - pending))
    parts.push(kept)
    pending += kept.length
  }
  const take = () => {
    const line = decode(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts))
    parts = []
    pending = 0
    return line
  }
  for await (const chunk of bytes) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      keep(chunk.subarray(start, end))
      start = end + 1
      const line = take()
      if (line) yield line
    }
    if (start < chunk.length) keep(chunk.subarray(start))
  }
  const last = pending > 0 ? take() : undefined
  if (last) yield last
}

function tooLong(number: number): BadLine {
  return { number, error: tooLongError }
}
