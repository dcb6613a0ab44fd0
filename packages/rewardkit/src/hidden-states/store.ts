import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { at } from '../at.ts'
import { createNumbering } from '../data/numbering.ts'
import { FailureError, InputError } from '../errors.ts'
import { checksumOf, createSegment, readFully, readSegmentIndex, type SegmentWriter } from './segment.ts'

/**
 * Byte records by their 32-byte keys, in segments in one folder. Any number of processes may read and add at the same
 * time: a segment appears whole and never changes, and what two of them add is there twice.
 */
export interface RecordStore {
  /** Records, each once. */
  readonly size: number
  /** Bytes of all records. */
  readonly bytes: number
  /** True also for what was added and is not committed yet. */
  has(key: Buffer): boolean
  /**
   * Fills `target` with a record, which must have its length.
   * @throws FailureError where the record is damaged or cannot be read
   */
  read(key: Buffer, target: Uint8Array): void
  /** Adds a record, which can be read after `commit`; a full segment commits automatically. */
  add(key: Buffer, data: Uint8Array): void
  /** Flushes to the disk what was added. */
  commit(): void
  /** Gives back the files; what was not committed is lost. */
  close(): void
}

export interface StoreOptions {
  /** Notice of each segment that is damaged, after it has been removed. */
  readonly onDamage: (path: string) => void
  /** A segment is committed once it has this many bytes. */
  readonly segmentBytes?: number
  /** And once it is this old, so that a kill loses no more than that. */
  readonly segmentSeconds?: number
}

const ending = '.states'
/** In place of a file: the record is in the segment that is being written. */
const beingWritten = -1
const secondsOfADay = 24 * 60 * 60

/**
 * Opens the store in a folder, which must exist. It keeps about 60 bytes a record in memory.
 * @throws InputError or FailureError where the folder cannot be read or written
 */
export function openStore(
  folder: string,
  { onDamage, segmentBytes = 256 * 2 ** 20, segmentSeconds = 300 }: StoreOptions,
): RecordStore {
  const files: { readonly path: string; readonly descriptor: number }[] = []
  const numbering = createNumbering()
  // By the record's number: its file, and where in it.
  const fileOf: number[] = []
  const offsetOf: number[] = []
  const checksumsOf: number[] = []
  let size = 0
  let bytes = 0
  let segment: { readonly path: string; readonly writer: SegmentWriter; readonly begun: number } | null = null

  const numberOf = (key: Buffer) => numbering.numberOf(key.toString('latin1'))
  /** Takes in a segment that is complete; false where it is damaged. */
  const open = (path: string): boolean => {
    const descriptor = openForReading(path)
    if (descriptor === null) return true
    const entries = readSegmentIndex(descriptor, path)
    if (!entries) {
      closeSync(descriptor)
      return false
    }
    const file = files.push({ path, descriptor }) - 1
    for (const { key, offset, length, checksum } of entries) {
      const number = numberOf(key)
      if ((fileOf[number] ?? beingWritten) !== beingWritten) continue
      fileOf[number] = file
      offsetOf[number] = offset
      checksumsOf[number] = checksum
      size += 1
      bytes += length
    }
    return true
  }

  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name)
    if (name.endsWith(ending)) {
      if (open(path)) continue
      rmSync(path, { force: true })
      onDamage(path)
    } else if (name.includes(`${ending}.`) && isOld(path)) rmSync(path, { force: true })
  }

  const commit = () => {
    if (!segment) return
    const { path, writer } = segment
    segment = null
    writer.commit()
    if (!open(path))
      throw new FailureError(`${path}: what was written is not what is there`, { remedy: 'check the disk' })
  }
  return {
    get size() {
      return size
    },
    get bytes() {
      return bytes
    },
    has: (key) => fileOf[numberOf(key)] !== undefined,
    read(key, target) {
      const number = numberOf(key)
      const { path, descriptor } = at(files, at(fileOf, number))
      readFully(descriptor, path, target, at(offsetOf, number))
      if (checksumOf(key, target) !== checksumsOf[number])
        throw new FailureError(`${path} is damaged`, {
          remedy: 'remove it and run again, which computes its part anew',
        })
    },
    add(key, data) {
      if (!segment) {
        const path = join(folder, `${randomUUID()}${ending}`)
        segment = { path, writer: createSegment(path), begun: performance.now() }
      }
      const { writer, begun } = segment
      try {
        writer.add(key, data)
      } catch (error) {
        // The writer has given up.
        segment = null
        throw error
      }
      fileOf[numberOf(key)] = beingWritten
      if (writer.bytes >= segmentBytes || performance.now() - begun > 1000 * segmentSeconds) commit()
    },
    commit,
    close() {
      segment?.writer.discard()
      for (const { descriptor } of files.splice(0)) closeSync(descriptor)
    },
  }
}

/** null where another process has removed the file meanwhile. */
function openForReading(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (!existsSync(path)) return null
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`${path} cannot be read (${reason})`, {
      remedy: 'correct its permissions, or remove it',
      cause: error,
    })
  }
}

/** What a run has not touched for a day, it will never finish. */
function isOld(path: string): boolean {
  const status = statSync(path, { throwIfNoEntry: false })
  return status !== undefined && Date.now() - status.mtimeMs > 1000 * secondsOfADay
}
