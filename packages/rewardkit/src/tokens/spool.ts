import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { FailureError } from '../errors.ts'
import { writeError } from '../files.ts'
import type { EncodedGroup } from './encoded-group.ts'

/** Encoded groups on the disk, in the order in which they were added. In memory are 16 bytes a group. */
export interface SpooledGroups extends Iterable<EncodedGroup> {
  /** Number of preferences of each group. */
  readonly preferenceCounts: readonly number[]
  add(group: EncodedGroup): void
  /**
   * The groups of these indexes, in their order.
   * @throws FailureError where the spool cannot be read
   */
  read(indexes: Iterable<number>): EncodedGroup[]
}

/** A file that holds groups for the length of one run. */
export interface Spool {
  /** Begins a list of groups; several may grow at the same time. */
  begin(): SpooledGroups
  /** Bytes of all groups so far. */
  readonly bytes: number
  /** Frees the disk; groups can no longer be read. */
  close(): void
}

/**
 * Opens a spool on the disk of `folder`, which need not exist yet. The file loses its name at once: the system takes it
 * away with the process, however that ends, and nobody can come upon a part of it.
 * @throws InputError where the place cannot be written
 */
export function createSpool(folder: string): Spool {
  let place = resolve(folder)
  while (!statSync(place, { throwIfNoEntry: false })?.isDirectory() && dirname(place) !== place) place = dirname(place)
  const path = join(place, `.rewardkit-spool-${randomUUID()}`)
  try {
    const descriptor = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return spoolInto(descriptor, place)
  } catch (error) {
    throw writeError(place, error)
  }
}

/**
 * A record begins with two uint32: the bytes of the description and the number of token ids. The description as JSON in
 * UTF-8 follows, then the token ids of the prefix and of each branch as int32. Numbers are in the byte order of this
 * machine, since no other one reads them. Only the memory knows where a record begins.
 */
interface Description extends Omit<EncodedGroup, 'tokens'> {
  readonly prefixLength: number
  readonly branchLengths: readonly number[]
  readonly branchOf: readonly number[]
  readonly starts?: readonly number[]
  readonly truncated: boolean
}

const headLength = 8

function encodeRecord({ tokens, ...group }: EncodedGroup): Buffer {
  const { prefix, branches, branchOf, starts, truncated } = tokens
  const branchLengths = branches.map((branch) => branch.length)
  const ofTokens = { prefixLength: prefix.length, branchLengths, branchOf, ...(starts && { starts }), truncated }
  const description: Description = { ...group, ...ofTokens }
  const text = Buffer.from(JSON.stringify(description))
  const ids = [prefix, ...branches].map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))
  const count = branchLengths.reduce((sum, length) => sum + length, prefix.length)
  return Buffer.concat([Buffer.from(Uint32Array.of(text.length, count).buffer), text, ...ids])
}

function readRecord(read: (length: number) => Buffer): EncodedGroup {
  const head = read(headLength)
  const [textLength = 0, count = 0] = new Uint32Array(head.buffer, head.byteOffset, 2)
  // What `encodeRecord` wrote.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const description = JSON.parse(read(textLength).toString()) as Description
  const { prefixLength, branchLengths, branchOf, starts, truncated, ...group } = description
  const bytes = read(count * Int32Array.BYTES_PER_ELEMENT)
  const ids = new Int32Array(bytes.buffer, bytes.byteOffset, count)
  let end = prefixLength
  const branches = branchLengths.map((length) => ids.slice(end, (end += length)))
  const tokens = { prefix: ids.slice(0, prefixLength), branches, branchOf, ...(starts && { starts }), truncated }
  return { ...group, tokens }
}

/** Bytes that are gathered before they are written. */
const pieceLength = 1 << 20

/** A spool in an open, empty file; `place` names it in messages. Closing the spool closes the file. */
export function spoolInto(descriptor: number, place: string): Spool {
  let isOpen = true
  let written = 0
  let pending: Buffer[] = []
  let pendingLength = 0

  const flush = () => {
    const piece = Buffer.concat(pending)
    try {
      for (let done = 0; done < piece.length;) {
        done += writeSync(descriptor, piece, done, piece.length - done, written + done)
      }
    } catch (error) {
      throw writeError(`${place}: the spool of token ids`, error)
    }
    written += piece.length
    pending = []
    pendingLength = 0
  }
  const append = (record: Buffer): number => {
    const offset = written + pendingLength
    pending.push(record)
    pendingLength += record.length
    if (pendingLength >= pieceLength) flush()
    return offset
  }
  /** Reads one piece after the other, from `offset` on. */
  const readerAt = (offset: number) => {
    if (pendingLength > 0) flush()
    let position = offset
    return (length: number): Buffer => {
      // Not from Node's pool, where it might not be aligned.
      const bytes = Buffer.from(new ArrayBuffer(length))
      for (let done = 0; done < length;) {
        const count = readSync(descriptor, bytes, done, length - done, position + done)
        if (count === 0)
          throw new FailureError(`${place}: the spool of token ids ends early`, { remedy: 'train again' })
        done += count
      }
      position += length
      return bytes
    }
  }

  return {
    begin() {
      const offsets: number[] = []
      const preferenceCounts: number[] = []
      const read = (index: number): EncodedGroup => {
        const offset = offsets[index]
        if (offset === undefined) throw new RangeError(`group ${index} of ${offsets.length}`)
        return readRecord(readerAt(offset))
      }
      return {
        preferenceCounts,
        add(group) {
          offsets.push(append(encodeRecord(group)))
          preferenceCounts.push(group.preferences.length)
        },
        read: (indexes) => Array.from(indexes, read),
        *[Symbol.iterator]() {
          for (const index of offsets.keys()) yield read(index)
        },
      }
    },
    get bytes() {
      return written + pendingLength
    },
    close() {
      if (isOpen) closeSync(descriptor)
      isOpen = false
    },
  }
}
