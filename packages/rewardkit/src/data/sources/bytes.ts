import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { InputError } from '../../errors.ts'
import { asUtf8 } from './encoding.ts'
import { refuseForeign, signatureLength } from './signatures.ts'
import type { Bytes, SourceFile } from './source.ts'

const gzipMagic = Buffer.from([0x1f, 0x8b])
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const pieceSize = 1 << 18

/**
 * The bytes of a text file as UTF-8, decompressed if they are gzip or zstd, which the content shows, not the name.
 * @param encoding that of the text
 * @throws InputError (without the file) for an empty file, one that is known to be something else, and, when the reading
 * comes there, compressed data that are damaged or end early
 */
export async function* readBytes(file: SourceFile, encoding: string): AsyncGenerator<Buffer> {
  yield* asUtf8(uncompressed(file, encoding), encoding)
}

async function* uncompressed({ path, name }: SourceFile, encoding: string): AsyncGenerator<Buffer> {
  const { head, bytes } = await peek(createReadStream(path, { highWaterMark: pieceSize }), signatureLength)
  if (head.length === 0) throw new InputError('empty file; expected rows', { remedy: 'get it again' })
  const compression = compressionOf(head)
  const expected = /\.gz$/i.test(name) ? 'gzip' : /\.zst$/i.test(name) ? 'zstd' : undefined
  refuseForeign(head, encoding)
  if (expected && compression !== expected)
    throw new InputError(`not ${expected} data although it is named so; expected a complete file`, {
      remedy: 'get it again',
    })
  if (!compression) {
    yield* bytes
    return
  }
  const inside = await peek(compression === 'gzip' ? gunzipped(bytes) : unzstd(bytes), signatureLength)
  if (inside.head.length === 0) throw new InputError('empty file (compressed); expected rows')
  if (compressionOf(inside.head)) throw new InputError('compressed twice', { remedy: 'decompress it once' })
  if (inside.head.toString('latin1', 0, 4) === 'PAR1')
    throw new InputError(`a Parquet file inside ${compression} data; expected Parquet that is not compressed again`, {
      remedy: 'decompress it',
    })
  refuseForeign(inside.head, encoding)
  yield* inside.bytes
}

/**
 * Reads a compressed file to its end, where its checksum lies: what looks like a mistake in a row may be damage.
 * @throws InputError (without the file) for data that are damaged
 */
export async function checkCompression(file: SourceFile): Promise<void> {
  const { head, bytes } = await peek(createReadStream(file.path, { highWaterMark: pieceSize }), signatureLength)
  const compression = compressionOf(head)
  const pieces = compression === 'gzip' ? gunzipped(bytes) : compression === 'zstd' ? unzstd(bytes) : []
  for await (const _ of pieces);
}

function compressionOf(head: Buffer): 'gzip' | 'zstd' | undefined {
  if (head.subarray(0, 2).equals(gzipMagic)) return 'gzip'
  return head.subarray(0, 4).equals(zstdMagic) ? 'zstd' : undefined
}

/**
 * Looks ahead: `head` has enough bytes, if there are as many; `bytes` still begins at the beginning. Closing
 * `bytes` closes the rest of the source.
 * @param enough a number of bytes, or a function that says whether the head is enough
 */
export async function peek(
  source: AsyncIterable<Buffer>,
  enough: number | ((head: Buffer) => boolean),
): Promise<{ head: Buffer; bytes: Bytes }> {
  const isEnough = typeof enough === 'number' ? (head: Buffer) => head.length >= enough : enough
  const iterator = source[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (!isEnough(head)) {
    const next = await iterator.next()
    if (next.done === true) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  const kept = head
  async function* bytes(): AsyncGenerator<Buffer> {
    try {
      if (kept.length > 0) yield kept
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return { head, bytes: bytes() }
}

async function* gunzipped(bytes: Bytes): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: pieceSize })
  try {
    for await (const piece of pipeline(bytes, gunzip, () => {}) as Bytes) yield piece
  } catch (error) {
    throw damaged('gzip', error)
  }
}

/** Zstandard, frame after frame. Its checksums are not compared: fzstd does not, and Node has its own only from 22.15. */
async function* unzstd(bytes: Bytes): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  const decompress = new Decompress((data) => {
    if (data.length > 0) pieces.push(Buffer.from(data.buffer, data.byteOffset, data.length))
  })
  const push = (piece: Uint8Array, last: boolean) => {
    try {
      decompress.push(piece, last)
    } catch (error) {
      throw damaged('zstd', error)
    }
  }
  for await (const piece of bytes) {
    push(piece, false)
    const ready = pieces
    pieces = []
    yield* ready
  }
  push(new Uint8Array(0), true)
  yield* pieces
}

function damaged(kind: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error ? error.code : undefined
  // Errors of the disk, say, are none of the data.
  if (kind === 'gzip' && !(typeof code === 'string' && code.startsWith('Z_'))) return error
  return new InputError(`broken ${kind} data (${error.message}); expected a complete file`, {
    remedy: 'the file is damaged or incomplete: get it again',
    cause: error,
  })
}
