import { fstatSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { FailureError } from '../errors.ts'
import { createAtomicFile } from '../files.ts'

/*
 * A segment is a file that never changes: records of raw bytes one after the other, then its index, then its tail.
 * Index, 40 bytes a record: key (32 bytes), length (uint32), CRC-32 of key and bytes (uint32).
 * Tail, 16 bytes: magic, number of records (uint32), CRC-32 of the index (uint32). Numbers are little-endian.
 */
const keyLength = 32
const entryLength = 40
const tailLength = 16
const magic = Buffer.from('RKSTATE1')

/** Where a record lies, and what its bytes must be. */
export interface SegmentEntry {
  readonly key: Buffer
  readonly offset: number
  readonly length: number
  readonly checksum: number
}

/** A file of records that is being written. It appears whole, once it is committed, or not at all. */
export interface SegmentWriter {
  /** Bytes of the records so far. */
  readonly bytes: number
  add(key: Buffer, data: Uint8Array): void
  commit(): void
  /** Gives up; after `commit` nothing is left to give up. */
  discard(): void
}

/** The checksum of a record. */
export const checksumOf = (key: Buffer, data: Uint8Array): number => crc32(data, crc32(key))

/**
 * Begins a segment.
 * @throws as `createAtomicFile`; so do `add` and `commit`
 */
export function createSegment(path: string): SegmentWriter {
  const file = createAtomicFile(path)
  const index: Buffer[] = []
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    add(key, data) {
      file.write(data)
      const entry = Buffer.alloc(entryLength)
      key.copy(entry)
      entry.writeUInt32LE(data.byteLength, keyLength)
      entry.writeUInt32LE(checksumOf(key, data), keyLength + 4)
      index.push(entry)
      bytes += data.byteLength
    },
    commit() {
      const entries = Buffer.concat(index)
      const tail = Buffer.alloc(tailLength)
      magic.copy(tail)
      tail.writeUInt32LE(index.length, 8)
      tail.writeUInt32LE(crc32(entries), 12)
      file.write(Buffer.concat([entries, tail]))
      file.commit()
    },
    discard: () => file.discard(),
  }
}

/** The entries of a segment, or null where it is truncated or its index damaged. Throws FailureError where it cannot be read. */
export function readSegmentIndex(file: number, path: string): SegmentEntry[] | null {
  const { size } = fstatSync(file)
  if (size < tailLength) return null
  const tail = readFully(file, path, Buffer.alloc(tailLength), size - tailLength)
  const indexLength = entryLength * tail.readUInt32LE(8)
  const recordsLength = size - tailLength - indexLength
  if (!tail.subarray(0, magic.length).equals(magic) || recordsLength < 0) return null
  const index = readFully(file, path, Buffer.alloc(indexLength), recordsLength)
  if (crc32(index) !== tail.readUInt32LE(12)) return null
  const entries: SegmentEntry[] = []
  let offset = 0
  for (let at = 0; at < indexLength; at += entryLength) {
    const length = index.readUInt32LE(at + keyLength)
    const checksum = index.readUInt32LE(at + keyLength + 4)
    entries.push({ key: index.subarray(at, at + keyLength), offset, length, checksum })
    offset += length
  }
  return offset === recordsLength ? entries : null
}

/** Fills `target` from a position of an open file. Throws FailureError that names `path` where that does not work. */
export function readFully<T extends Uint8Array>(file: number, path: string, target: T, position: number): T {
  try {
    for (let done = 0; done < target.byteLength;) {
      const count = readSync(file, target, done, target.byteLength - done, position + done)
      if (count === 0) throw new Error('it ended while it was read')
      done += count
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FailureError(`${path} cannot be read (${reason})`, {
      remedy: 'remove it and run again, which computes its part anew',
      cause: error,
    })
  }
  return target
}
