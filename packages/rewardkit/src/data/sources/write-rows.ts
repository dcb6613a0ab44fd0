import { createAtomicFile } from '../../files.ts'
import type { Row } from '../fields.ts'

/** Rows on their way into one file, which appears whole or not at all. */
export interface RowWriter {
  write(row: Row): Promise<void>
  commit(): Promise<void>
  discard(): void
}

/** Begins a file of rows. */
export function createRowWriter(path: string): RowWriter {
  const file = createAtomicFile(path)
  return {
    write: async (row) => file.write(`${JSON.stringify(row)}\n`),
    commit: async () => file.commit(),
    discard: () => file.discard(),
  }
}
