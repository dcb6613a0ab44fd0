import { CsvError, type Info, parse } from 'csv-parse'
import { Readable } from 'node:stream'
import { counted } from '../../counted.ts'
import { InputError } from '../../errors.ts'
import type { Phrase } from '../../phrase.ts'
import { longestLine } from '../lines.ts'
import { peek } from './bytes.ts'
import type { BadRow, Bytes, SourceRow } from './source.ts'
import { cellValue } from './cells.ts'
import { type Delimiter, delimiterOf, nameOf } from './delimiter.ts'
import { notUtf8 } from './encoding.ts'
import type { Notes } from './notes.ts'

/** One record as the parser gives it: cells as bytes, so that each is checked to be UTF-8, and blank lines so far. */
interface CsvRecord {
  readonly record: readonly Buffer[]
  readonly info: Info
}

/** Bytes that are looked at for the delimiter. */
const headLength = 1 << 16

/**
 * The rows of a CSV or TSV file: the first record names the columns. The delimiter is detected, and `cellValue`
 * converts cells. Numbers count lines: the first line of a record that spans several.
 * @param usual the delimiter that the name of the file suggests
 * @throws InputError (without the file) for a header that is missing or names a column twice, for quotes in the wrong
 * place, and for a header without rows
 */
export async function* csvRows(
  text: Bytes,
  usual: Delimiter,
  { notes }: { readonly notes: Notes },
): AsyncGenerator<SourceRow | BadRow> {
  const { head, bytes } = await peek(withoutMark(text), headLength)
  const delimiter = delimiterOf(head.toString('latin1'), usual)
  if (delimiter !== usual) notes.add('delimiter', 'log', () => `columns are separated by ${nameOf(delimiter)}`)
  const parser = parse({
    delimiter,
    encoding: null,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: longestLine,
  })
  const source = Readable.from(bytes)
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  let columns: readonly string[] | undefined
  let rows = 0
  let lineEndsInside = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      // Not the library's `lines`, which are those where records end, and count CRLF in a cell twice.
      const line = 1 + rows + info.empty_lines + lineEndsInside
      if (!columns) columns = header(record)
      else yield csvRow(columns, record, line)
      rows++
      lineEndsInside += lineEnds(record)
    }
  } catch (error) {
    if (error instanceof CsvError)
      // The library shows the cell as bytes.
      throw new InputError(`broken ${usual === ',' ? 'CSV' : 'TSV'} (${error.message.replace(/, value is .*/s, '')})`, {
        remedy: 'put quotes around cells with quotes, line ends or delimiters, and double the quotes inside',
        cause: error,
      })
    throw error
  } finally {
    source.destroy()
  }
  if (rows === 1) throw new InputError('a header and no rows')
}

const lineEnds = (record: readonly Buffer[]): number =>
  record.reduce((sum, cell) => sum + (cell.toString('latin1').match(/\r\n?|\n/g)?.length ?? 0), 0)

const byteOrderMark = Buffer.from('\uFEFF')

/** The parser removes a byte order mark, but then gives texts, which no longer show whether they were UTF-8. */
async function* withoutMark(bytes: Bytes): AsyncGenerator<Buffer> {
  let first = true
  for await (const piece of bytes) {
    yield first && piece.subarray(0, 3).equals(byteOrderMark) ? piece.subarray(3) : piece
    first = false
  }
}

/** pandas writes its index under no name: such a column is called by its place. */
function header(record: readonly Buffer[]): readonly string[] {
  const columns = record.map((cell, index) => {
    const name = decoded(cell)
    if (name === undefined) throw new InputError(`the header has ${notUtf8.error}`, { remedy: notUtf8.remedy })
    return name.trim() || `unnamed_${index + 1}`
  })
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (twice !== undefined)
    throw new InputError(`the header names column "${twice}" twice`, { remedy: 'rename one of the two' })
  return columns
}

function csvRow(columns: readonly string[], record: readonly Buffer[], number: number): SourceRow | BadRow {
  const bad = (error: string, remedy?: string | Phrase): BadRow => ({ unit: 'line', number, error, remedy })
  if (record.length !== columns.length)
    return bad(
      `${counted(record.length, 'cell')}, expected ${columns.length} as the header has`,
      'put quotes around cells that hold the delimiter',
    )
  const row: Record<string, unknown> = {}
  for (const [index, column] of columns.entries()) {
    const cell = decoded(record[index] ?? Buffer.alloc(0))
    if (cell === undefined) return bad(`column "${column}": ${notUtf8.error}`, notUtf8.remedy)
    row[column] = cellValue(column, cell)
  }
  return { unit: 'line', number, row }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decoded(cell: Buffer): string | undefined {
  try {
    return decoder.decode(cell)
  } catch {
    return undefined
  }
}
