import { readFile, stat } from 'node:fs/promises'
import { isObject, type Row } from '../data/fields.ts'
import type { SourceFile, SourceRow } from '../data/index.ts'

/** The most bytes: a longer text would not fit into one string. */
const longestFile = 2 ** 29 - 1

/**
 * The rows of a JSON file that holds its table by columns, as RewardBench saves the scores of a model. It is one object
 * of lists of the same length, beside plain values that hold for all rows. Undefined for any other file.
 */
export async function rowsByColumns({ path, name }: SourceFile): Promise<AsyncIterable<SourceRow> | undefined> {
  if (!name.endsWith('.json') || (await stat(path)).size > longestFile) return undefined
  const text = await readFile(path, 'utf8')
  if (!/^\s*\{\s*"/.test(text)) return undefined
  let table: unknown
  try {
    table = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(table)) return undefined
  const columns = Object.entries(table).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]))
  const rows = columns[0]?.[1].length ?? 0
  if (columns.length < 2 || columns.some(([, values]) => values.length !== rows)) return undefined
  return rowsOf(columns, rows)
}

async function* rowsOf(columns: readonly (readonly [string, readonly unknown[]])[], rows: number) {
  for (let index = 0; index < rows; index++) {
    const row: Row = Object.fromEntries(columns.map(([name, values]) => [name, values[index]]))
    yield await Promise.resolve({ unit: 'row' as const, number: index + 1, row })
  }
}
