import type { Row } from '../fields.ts'

/** Rows on their way into one file, which appears whole or not at all. */
export interface RowWriter {
  /** Adds a row to the end. */
  write(row: Row): Promise<void>
  /** Completes the file and gives it its name. */
  commit(): Promise<void>
  /** Gives up; after `commit` nothing is left to give up. */
  discard(): void
}
