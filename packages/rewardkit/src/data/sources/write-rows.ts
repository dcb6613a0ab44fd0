import { gzipSync } from 'node:zlib'
import { InputError } from '../../errors.ts'
import type { Row } from '../fields.ts'
import type { RowWriter } from './row-writer.ts'
import { createLineFile } from './line-file.ts'
import { createParquetWriter } from './write-parquet.ts'

/**
 * Begins a file of rows; its name says of which kind: `.jsonl`, `.jsonl.gz` or `.parquet`. Memory does not grow with it.
 * Rows whose columns are 0, 1, ... become lists in JSONL, as they were read.
 * @throws InputError for another name, a place that cannot be written, and (`commit`) Parquet without a row, which would
 * have no columns; FailureError for a full disk
 */
export function createRowWriter(path: string): RowWriter {
  if (/\.parquet$/i.test(path)) return createParquetWriter(path)
  if (/\.(jsonl|ndjson)$/i.test(path)) return createLineWriter(path, (text) => text)
  if (/\.(jsonl|ndjson)\.gz$/i.test(path)) return createLineWriter(path, (text) => gzipSync(text))
  throw new InputError(`${path}: rows cannot be written to a file of this kind`, {
    remedy: 'name it .jsonl, .jsonl.gz or .parquet',
  })
}

function createLineWriter(path: string, packed: (text: string) => string | Uint8Array): RowWriter {
  const file = createLineFile(path, packed)
  return {
    write: async (row) => file.add(JSON.stringify(listOf(row) ?? row)),
    commit: async () => file.commit(),
    discard: () => file.discard(),
  }
}

/** The list that a row holds whose columns are the indices. */
function listOf(row: Row): unknown[] | undefined {
  const columns = Object.keys(row)
  return columns.length > 0 && columns.every((column, index) => column === String(index))
    ? Object.values(row)
    : undefined
}
