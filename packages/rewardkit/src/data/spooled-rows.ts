import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Interrupted } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { createAtomicFile } from '../files.ts'
import { makeFolder } from '../folders.ts'

/** Where the rows of an iterable are on disk, in the folder of a run or an evaluation. */
export const spooledFile = (folder: string, what: 'data' | 'eval-data' | 'evaluation-data'): string =>
  join(folder, `spooled-${what}.jsonl`)

/** Whether a file in a run's folder is one that `spoolRows` wrote, complete or not. */
export const isSpooled = (name: string): boolean => /^spooled-(eval-)?data\.jsonl(\..*)?$/.test(name)

/**
 * Writes rows to a file, so that they can be read twice, shuffled, and read again by a run that goes on; whole or not at
 * all. Without rows, or where `keep` is set and the file is there already, nothing is read or written.
 * @param rows JSON lines with their line ends, one or several at a time
 * @throws Interrupted on request
 */
export function spoolRows(path: string, rows: Iterable<string> | undefined, keep: boolean, hooks: Hooks): void {
  if (!rows || (keep && existsSync(path))) return
  makeFolder(dirname(path))
  const file = createAtomicFile(path)
  try {
    for (const lines of rows) {
      if (hooks.shouldStop()) throw new Interrupted('stopped on request')
      file.write(lines)
    }
    file.commit()
  } finally {
    file.discard()
  }
}
