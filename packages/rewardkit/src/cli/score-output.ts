import { randomUUID } from 'node:crypto'
import { closeSync, createReadStream, openSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'csv-stringify/sync'
import { isObject } from '../data/fields.ts'
import { InputError } from '../errors.ts'
import { createAtomicFile, writeError } from '../files.ts'
import { makeFolder } from '../folders.ts'

/** Where scored rows go: it takes JSON lines, and writes the format that the name of the file asks for. */
export interface ScoreOutput {
  write(lines: string): void
  /** The file appears under its name. */
  commit(): Promise<void>
  /** Without `commit`, nothing stays. */
  discard(): void
}

/** Kinds of files that JSON lines must not go by the name of. */
const otherKinds = /\.(json|parquet|arrow|feather|xlsx?|gz|zst|bz2|xz|zip)$/i

/**
 * Opens the file: CSV where its name ends in .csv, TSV in .tsv, else JSON Lines.
 * @throws InputError for a name that promises another kind, and where the place cannot be written
 */
export function openScoreOutput(out: string): ScoreOutput {
  const [ending] = otherKinds.exec(out) ?? []
  if (ending !== undefined)
    throw new InputError(`--out ${out}: score writes JSON Lines, CSV or TSV, found the ending ${ending}`, {
      remedy: 'name a .jsonl, .csv or .tsv file; rewardkit data convert turns that into other formats',
    })
  makeFolder(dirname(out))
  const delimiter = /\.csv$/i.test(out) ? ',' : /\.tsv$/i.test(out) ? '\t' : null
  const file = createAtomicFile(out)
  if (delimiter !== null) return tableOutput(out, file, delimiter)
  return { write: (lines) => file.write(lines), commit: async () => file.commit(), discard: () => file.discard() }
}

/** Rows that are written at a time. */
const rowsAtATime = 1000

/** A table has the columns of all its rows, which are known at the end: until then, lines wait in a file without a name. */
function tableOutput(out: string, file: ReturnType<typeof createAtomicFile>, delimiter: string): ScoreOutput {
  const columns = new Set<string>()
  let waiting: number | null = openUnnamed(out)
  const discard = () => {
    file.discard()
    if (waiting !== null) closeSync(waiting)
    waiting = null
  }
  return {
    write(lines) {
      for (const line of lines.split('\n')) for (const name of Object.keys(rowOf(line))) columns.add(name)
      try {
        if (waiting !== null) writeFileSync(waiting, lines)
      } catch (error) {
        throw writeError(out, error)
      }
    },
    async commit() {
      const names = [...columns]
      const write = (rows: readonly (readonly string[])[]) => file.write(stringify([...rows], { delimiter }))
      write([names])
      let rows: string[][] = []
      const stored = createReadStream(out, { fd: waiting ?? -1, start: 0, autoClose: false })
      for await (const line of createInterface({ input: stored, crlfDelay: Infinity })) {
        const row = rowOf(line)
        rows.push(names.map((name) => cellOf(row[name])))
        if (rows.length < rowsAtATime) continue
        write(rows)
        rows = []
      }
      if (rows.length > 0) write(rows)
      file.commit()
      discard()
    },
    discard,
  }
}

/** A file that only this process sees, and that goes with it. */
function openUnnamed(out: string): number {
  const path = `${out}.${randomUUID()}.tmp`
  try {
    const descriptor = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return descriptor
  } catch (error) {
    throw writeError(out, error)
  }
}

function rowOf(line: string): Readonly<Record<string, unknown>> {
  const row: unknown = line === '' ? {} : JSON.parse(line)
  return isObject(row) ? row : {}
}

/** Texts unchanged, nothing for null, JSON for everything else. */
function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
