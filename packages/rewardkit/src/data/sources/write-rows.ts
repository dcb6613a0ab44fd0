import { gzipSync } from 'node:zlib'
import { InputError } from '../../errors.ts'
import { type AtomicFile, createAtomicFile } from '../../files.ts'
import type { Row } from '../fields.ts'
import { createParquetWriter } from './write-parquet.ts'

/** A file of rows that is being written: it appears whole or not at all. */
export interface RowWriter {
  /** Adds rows to the end. */
  write(rows: Iterable<Row>): void
  /** Completes the file and gives it its name. */
  commit(): Promise<void>
  /** Gives up; after `commit` nothing is left to give up. */
  discard(): void
}

/** Characters that go to the file, or into one member of gzip data, at a time. */
const pieceLength = 1 << 20

/**
 * Begins a file of rows; its name says of which kind: `.jsonl`, `.jsonl.gz` or `.parquet`. Memory does not grow with it.
 * Rows whose columns are 0, 1, ... become lists in JSONL, as they were read.
 * @throws InputError for another name, a place that cannot be written, and (`commit`) where there was no row;
 * FailureError for a full disk
 */
export function createRowWriter(path: string): RowWriter {
  if (/\.parquet$/i.test(path)) return createParquetWriter(path)
  if (/\.(jsonl|ndjson)$/i.test(path)) return createLineWriter(path, (text) => text)
  // Members of gzip data that follow each other are one: every reader goes on.
  if (/\.(jsonl|ndjson)\.gz$/i.test(path)) return createLineWriter(path, (text) => gzipSync(text))
  throw new InputError(`${path}: no kind of file that rows are written to`, {
    remedy: 'name it .jsonl, .jsonl.gz or .parquet',
  })
}

function createLineWriter(path: string, packed: (text: string) => string | Uint8Array): RowWriter {
  const file: AtomicFile = createAtomicFile(path)
  let piece = ''
  let rows = 0
  const flush = () => {
    if (piece !== '') file.write(packed(piece))
    piece = ''
  }
  return {
    write(added) {
      for (const row of added) {
        piece += `${JSON.stringify(listOf(row) ?? row)}\n`
        rows += 1
        if (piece.length >= pieceLength) flush()
      }
    },
    async commit() {
      if (rows === 0) throw noRows(path)
      flush()
      file.commit()
    },
    discard: file.discard,
  }
}

export function noRows(path: string): InputError {
  return new InputError(`${path}: there is no row to write`)
}

/** The list that a row stands for whose columns are the indices. */
function listOf(row: Row): unknown[] | undefined {
  const columns = Object.keys(row)
  return columns.length > 0 && columns.every((column, index) => column === String(index))
    ? Object.values(row)
    : undefined
}
