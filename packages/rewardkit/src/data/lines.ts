import { createReadStream } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
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

const LONGEST_LINE = 256 * 1024 * 1024
const NEWLINE = 0x0a
const RETURN = 0x0d

/**
 * The lines of a JSONL file, plain or gzip (told apart by content, not by name), one after the other; memory is bounded
 * by the longest line. Line ends may be LF or CRLF, a byte order mark is skipped, blank lines are no lines but count in
 * the numbers.
 *
 * @throws InputError if the file is missing, empty, a folder or broken gzip, or a line is not valid UTF-8.
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  const gzip = await isGzip(path)
  if (!gzip && path.endsWith('.gz')) {
    throw new InputError(`${path}: not gzip data although it is named .gz; expected a complete .gz file; get it again`)
  }
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  const bytes = gzip ? pipeline(file, createGunzip(), () => {}) : file
  let lines = 0
  try {
    for await (const line of linesOf(bytes, path)) {
      lines = line.number
      yield line
    }
  } catch (error) {
    if (!isZlibError(error)) throw error
    throw new InputError(
      `${path}: broken gzip data after line ${lines} (${error.message}); expected a complete .gz file; get it again`,
      { cause: error },
    )
  } finally {
    file.destroy()
  }
  if (lines === 0) throw new InputError(`${path}: empty file; expected one JSON object a line`)
}

/**
 * Lines of a stream of bytes (standard input, say). `name` stands for the stream in messages.
 *
 * @throws InputError if a line is not valid UTF-8.
 */
export async function* linesOf(bytes: Readable, name: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let number = 0
  const decode = (line: Buffer): Line | undefined => {
    number++
    const end = line.at(-1) === RETURN ? line.length - 1 : line.length
    let text: string
    try {
      text = decoder.decode(line.subarray(0, end))
    } catch (error) {
      throw new InputError(`${name}, line ${number}: bytes that are not valid UTF-8; save the file as UTF-8`, {
        cause: error,
      })
    }
    if (number === 1 && text.startsWith('\uFEFF')) text = text.slice(1)
    return text.trim() === '' ? undefined : { number, text }
  }

  let parts: Buffer[] = []
  let pending = 0
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end)
      const line = decode(parts.length === 0 ? piece : Buffer.concat([...parts, piece]))
      parts = []
      pending = 0
      start = end + 1
      if (line) yield line
    }
    if (start === chunk.length) continue
    parts.push(chunk.subarray(start))
    pending += chunk.length - start
    if (pending > LONGEST_LINE) {
      throw new InputError(`${name}, line ${number + 1}: longer than 256 MiB; expected one JSON object a line`)
    }
  }
  const last = pending > 0 ? decode(Buffer.concat(parts)) : undefined
  if (last) yield last
}

/** True if the file starts with gzip's magic bytes. Says which name is near if there is no such file. */
async function isGzip(path: string): Promise<boolean> {
  try {
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
    if (code === 'EACCES') throw new InputError(`${path}: not readable; grant read permission`, { cause: error })
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    const names = await readdir(dirname(path)).catch(() => undefined)
    if (!names)
      throw new InputError(`${path}: no such file (no folder ${dirname(path)}); check the path`, { cause: error })
    const near = nearestName(basename(path), names)
    throw new InputError(`${path}: no such file; ${near ? `did you mean ${near}?` : 'check the path'}`, {
      cause: error,
    })
  }
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}
