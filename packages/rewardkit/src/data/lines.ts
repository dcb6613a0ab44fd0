import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InputError } from '../errors.ts'
import { nearestName } from '../nearest.ts'

/** A line of a text file, without its line end. `number` counts from 1. */
export interface Line {
  readonly number: number
  readonly text: string
}

/** A line that cannot be read, and why (without file and number). */
export interface BadLine {
  readonly number: number
  readonly error: string
  readonly remedy?: string
}

/** Bytes. A text this long takes the tokenizer half a minute and 4 GB. */
const LONGEST_LINE = 32 * 1024 * 1024
const NEWLINE = 0x0a
const RETURN = 0x0d

/**
 * The lines of a JSONL file, plain or gzip (told apart by content, not by name), one after the other; memory is bounded
 * by the longest line. Line ends may be LF or CRLF, a byte order mark is skipped, blank lines are no lines but count in
 * the numbers. A line that is not valid UTF-8 or is too long comes as a `BadLine`.
 *
 * @throws InputError if the file is missing, empty, a folder, a pipe or broken gzip.
 */
export async function* readLines(path: string): AsyncGenerator<Line | BadLine> {
  const gzip = await isGzip(path)
  if (!gzip && path.endsWith('.gz')) {
    throw new InputError(`${path}: not gzip data although it is named .gz; expected a complete .gz file`, {
      remedy: 'get it again',
    })
  }
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  const bytes = gzip ? pipeline(file, createGunzip(), () => {}) : file
  let lines = 0
  try {
    for await (const line of linesOf(bytes)) {
      lines = line.number
      yield line
    }
  } catch (error) {
    if (!isZlibError(error)) throw error
    throw new InputError(
      `${path}: broken gzip data after line ${lines} (${error.message}); expected a complete .gz file`,
      { remedy: 'get it again', cause: error },
    )
  } finally {
    file.destroy()
  }
  if (lines === 0) throw new InputError(`${path}: empty file; expected one JSON object a line`)
}

/** Lines of a stream of bytes (standard input, say), as `readLines` gives them. */
export async function* linesOf(bytes: Readable): AsyncGenerator<Line | BadLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  const decode = (line: Buffer): Line | BadLine | undefined => {
    number++
    if (line.length > LONGEST_LINE) return tooLong(number)
    const end = line.at(-1) === RETURN ? line.length - 1 : line.length
    let text: string
    try {
      text = decoder.decode(line.subarray(0, end))
    } catch {
      return { number, error: 'bytes that are not valid UTF-8', remedy: 'save the file as UTF-8' }
    }
    if (number === 1 && text.startsWith('\uFEFF')) text = text.slice(1)
    return text.trim() === '' ? undefined : { number, text }
  }

  // The line so far. What lies behind the limit is not kept: one byte more tells that the line is too long.
  let parts: Buffer[] = []
  let pending = 0
  const keep = (piece: Buffer) => {
    const kept = piece.subarray(0, Math.max(0, LONGEST_LINE + 1 - pending))
    parts.push(kept)
    pending += kept.length
  }
  const take = () => {
    const line = decode(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts))
    parts = []
    pending = 0
    return line
  }
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
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
  return { number, error: `longer than ${LONGEST_LINE / 2 ** 20} MiB; expected one JSON object a line` }
}

/** True if the file starts with gzip's magic bytes. Says which name is near if there is no such file. */
async function isGzip(path: string): Promise<boolean> {
  if (path === '-')
    throw new InputError('-: standard input can be read once only; expected a file, which can be read twice', {
      remedy: 'write it to one first (score reads standard input: --data -)',
    })
  try {
    const found = await stat(path)
    if (!found.isFile() && !found.isDirectory())
      throw new InputError(`${path}: a pipe or device; expected a file, which can be read twice`, {
        remedy: 'write it to one first (score reads standard input: --data -)',
      })
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
    } finally {
      await file.close()
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EISDIR') throw new InputError(`${path}: a folder; expected a JSONL file`, { cause: error })
    if (code === 'EACCES')
      throw new InputError(`${path}: not readable`, { remedy: 'grant read permission', cause: error })
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    const names = await readdir(dirname(path)).catch(() => undefined)
    if (!names)
      throw new InputError(`${path}: no such file (no folder ${dirname(path)})`, {
        remedy: 'check the path',
        cause: error,
      })
    const near = nearestName(basename(path), names)
    throw new InputError(`${path}: no such file`, {
      remedy: near ? `did you mean ${near}?` : 'check the path',
      cause: error,
    })
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}
