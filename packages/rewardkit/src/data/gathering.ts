import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { writeError } from '../files.ts'
import type { Row } from './fields.ts'
import { createNumbering } from './numbering.ts'

/** A row that makes a group only together with others, and where it stood. */
export interface GatheredRow {
  readonly place: string
  readonly defaultId: string
  /** Index of its file in the source. */
  readonly file: number
  readonly row: Row
}

/** The rows of one key. */
export interface GatheredRows {
  /** In the order in which they came; some only where there are more than are wanted, spread evenly. */
  readonly rows: readonly GatheredRow[]
  /** How many there were. */
  readonly total: number
}

/** Rows by key, in memory as far as there is room and else on the disk. */
export interface Gathering {
  add(key: string, row: GatheredRow): void
  /** Keys in the order in which they first came. `most` rows of one key are kept at most. */
  groups(most?: number): Generator<GatheredRows>
  close(): void
}

/** Bytes of rows in memory. */
const room = 64 * 2 ** 20
/** Bytes that are read of each sorted run at a time. */
const pieceLength = 2 ** 18
/** A record on the disk begins with the number of its key and its length. */
const headLength = 8

interface Entry {
  /** Of the key, in the order in which keys first came. */
  readonly key: number
  readonly bytes: Buffer
}

/**
 * Gathers rows by key: what does not fit into memory is sorted and written to a file in the system's temporary folder,
 * run by run, and the runs are merged. The file has no name any more once it is open: it goes with the process.
 */
export function createGathering(bytesInMemory = room): Gathering {
  const keys = createNumbering()
  const runs: { readonly start: number; readonly end: number }[] = []
  let entries: Entry[] = []
  let size = 0
  let file: { readonly descriptor: number; readonly path: string; end: number } | undefined

  const inOrder = () => entries.toSorted((one, other) => one.key - other.key)
  const spill = () => {
    file ??= openTemporary()
    const { path, descriptor } = file
    const start = file.end
    try {
      for (const { key, bytes } of inOrder()) {
        const head = Buffer.alloc(headLength)
        head.writeUInt32LE(key, 0)
        head.writeUInt32LE(bytes.length, 4)
        for (const piece of [head, bytes]) file.end += writeWhole(descriptor, piece, file.end)
      }
    } catch (error) {
      throw writeError(path, error)
    }
    runs.push({ start, end: file.end })
    entries = []
    size = 0
  }
  return {
    add(key, row) {
      const bytes = serialize(row)
      entries.push({ key: keys.numberOf(key), bytes })
      size += bytes.length + 100
      if (size > bytesInMemory) spill()
    },
    *groups(most = Infinity) {
      const { descriptor = -1 } = file ?? {}
      let rows: Buffer[] = []
      let [key, total, stride] = [-1, 0, 1]
      const gathered = (): GatheredRows => ({ rows: rows.map(rowIn), total })
      for (const entry of merged([...runs.map((run) => entriesOf(descriptor, run)), inOrder().values()])) {
        if (entry.key !== key) {
          if (total > 0) yield gathered()
          ;[key, total, stride, rows] = [entry.key, 0, 1, []]
        }
        if (total++ % stride === 0) rows.push(entry.bytes)
        if (rows.length <= most) continue
        // Drops every other one, and keeps half as many from now on.
        rows = rows.filter((_, index) => index % 2 === 0)
        stride *= 2
      }
      if (total > 0) yield gathered()
    },
    close() {
      if (file) closeSync(file.descriptor)
      file = undefined
      entries = []
    },
  }
}

// What `add` was given comes back as it was.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const rowIn = (bytes: Buffer): GatheredRow => deserialize(bytes) as GatheredRow

function openTemporary() {
  const path = join(tmpdir(), `rewardkit-rows-${randomUUID()}`)
  try {
    const descriptor = openSync(path, 'wx+', 0o600)
    rmSync(path)
    return { descriptor, path, end: 0 }
  } catch (error) {
    throw writeError(path, error)
  }
}

function writeWhole(descriptor: number, bytes: Buffer, position: number): number {
  let written = 0
  while (written < bytes.length)
    written += writeSync(descriptor, bytes, written, bytes.length - written, position + written)
  return written
}

/** The entries of several sorted runs as one; of equal keys, those of the earlier run come first. */
function* merged(runs: readonly Iterator<Entry>[]): Generator<Entry> {
  const heads = runs.map((run) => ({ run, next: run.next() }))
  while (true) {
    let least: Entry | undefined
    let from: (typeof heads)[number] | undefined
    for (const head of heads) {
      if (head.next.done === true || (least && head.next.value.key >= least.key)) continue
      least = head.next.value
      from = head
    }
    if (!least || !from) return
    yield least
    from.next = from.run.next()
  }
}

function* entriesOf(descriptor: number, { start, end }: { start: number; end: number }): Generator<Entry> {
  let position = start
  let piece: Buffer = Buffer.alloc(0)
  while (true) {
    // As much as the next record needs, once its head says how much that is.
    const needed = piece.length < headLength ? headLength : headLength + piece.readUInt32LE(4)
    if (piece.length >= needed) {
      yield { key: piece.readUInt32LE(0), bytes: piece.subarray(headLength, needed) }
      piece = piece.subarray(needed)
      continue
    }
    const more = Buffer.alloc(Math.min(Math.max(pieceLength, needed - piece.length), end - position))
    if (more.length === 0) return
    position += readSync(descriptor, more, 0, more.length, position)
    piece = Buffer.concat([piece, more])
  }
}
