import { InputError } from '../../errors.ts'
import { readLines } from '../lines.ts'
import { parseRow } from '../row.ts'
import type { BadRow, SourceFile, SourceRow } from './source.ts'

/**
 * The rows of one file, one after the other, in bounded memory. A row that cannot be read comes as a `BadRow`.
 * @throws InputError for a file that cannot be read at all, or not on
 */
export async function* readRows(file: SourceFile): AsyncGenerator<SourceRow | BadRow> {
  for await (const line of readLines(file.path)) {
    const { number } = line
    if ('error' in line) yield { unit: 'line', ...line }
    else yield jsonRow(number, line.text)
  }
}

function jsonRow(number: number, text: string): SourceRow | BadRow {
  try {
    return { unit: 'line', number, row: parseRow(text) }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { unit: 'line', number, error: error.problem, remedy: error.remedy }
  }
}
