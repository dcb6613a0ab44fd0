import { InputError } from '../../errors.ts'
import { isObject, type Row } from '../fields.ts'
import { linesOf, longestLine, tooLongError } from '../lines.ts'
import { parseRow } from '../row.ts'
import { peek } from './bytes.ts'
import type { BadRow, Bytes, SourceRow } from './source.ts'
import { notUtf8 } from './encoding.ts'
import { listItems } from './json-items.ts'
import { listInside, unwrapped, wrappingField } from './json-wrapped.ts'
import type { Notes } from './notes.ts'

/**
 * The rows of a JSON text, whichever kind it is: one object per line, one list per line, one list of objects, or an
 * object around such a list. With one list per line (WebGPT's raw release) the row has the columns 0, 1, ... A file
 * that begins with a list is one list, unless its first line is complete and another follows, or its name says that it
 * has lines.
 * @param name tells `.jsonl` by its end
 */
export async function* jsonRows(
  bytes: Bytes,
  name: string,
  { notes }: { readonly notes: Notes },
): AsyncGenerator<SourceRow | BadRow> {
  const { head, bytes: whole } = await peek(bytes, isTelling)
  const { first, more } = beginning(head)
  const begins = first.charAt(0)
  const listLines = begins === '[' && isJson(first) && (more || /\.(jsonl|ndjson)(\.(gz|zst))?$/i.test(name))
  const wrapped = begins === '{' ? wrappedIn(head, first, more) : undefined
  if (wrapped !== undefined) notes.add('wrapped', 'log', () => `rows are read from the field "${wrapped}"`)
  const isList = begins === '[' && !listLines
  let empty = true
  for await (const row of wrapped === undefined
    ? isList
      ? rowsOfList(whole)
      : rowsOfLines(whole, listLines)
    : rowsOfList(listInside(whole, wrapped), true)) {
    empty = false
    yield row
  }
  if (empty) throw new InputError('empty file; expected one JSON object per line')
}

const firstLineEnd = (head: Buffer): number => {
  const begins = head.findIndex((byte) => byte > 0x20 && byte < 0x7f)
  return begins === -1 ? -1 : head.indexOf('\n', begins)
}

/** Whether the head has the first line that is not blank, and the beginning of another; longer lines end the search. */
function isTelling(head: Buffer): boolean {
  if (head.length > longestLine) return true
  const end = firstLineEnd(head)
  return end !== -1 && head.subarray(end).some((byte) => byte > 0x20)
}

/** The first line of the head that is not blank, if it is there as a whole, and whether more follows. */
function beginning(head: Buffer): { first: string; more: boolean } {
  const end = firstLineEnd(head)
  const first = (end === -1 ? head : head.subarray(0, end))
    .toString()
    .replace(/^\uFEFF/, '')
    .trim()
  return { first, more: end !== -1 && head.subarray(end).some((byte) => byte > 0x20) }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The rows of a text with one object a line, each as soon as its line is there. */
export async function* rowsOfLines(bytes: Bytes, lists = false): AsyncGenerator<SourceRow | BadRow> {
  for await (const line of linesOf(bytes)) {
    if ('error' in line) yield { unit: 'line', ...line }
    else yield checkedRow('line', line.number, () => (lists ? listRow(line.text) : parseRow(line.text)))
  }
}

async function* rowsOfList(bytes: Bytes, isWrapped = false): AsyncGenerator<SourceRow | BadRow> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for await (const { number, bytes: item } of listItems(bytes)) {
    if (item === null) yield { unit: 'row', number, error: tooLongError }
    else {
      let text: string
      try {
        text = decoder.decode(item).trim()
      } catch {
        yield { unit: 'row', number, ...notUtf8 }
        continue
      }
      yield checkedRow('row', number, () => (isWrapped ? unwrapped(parseRow(text)) : parseRow(text)))
    }
  }
}

/** A row, or what is wrong with it. */
function checkedRow(unit: SourceRow['unit'], number: number, row: () => Row): SourceRow | BadRow {
  try {
    return { unit, number, row: row() }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { unit, number, error: error.problem, remedy: error.phrases.remedy }
  }
}

/** A line that is a list, as a row whose columns are its indices. */
function listRow(text: string): Row {
  if (!text.trimStart().startsWith('[')) return parseRow(text)
  const { list, ...others } = parseRow(`{"list":${text}}`)
  if (!Array.isArray(list) || Object.keys(others).length > 0) throw new InputError('invalid JSON')
  return Object.fromEntries(list.entries())
}

/**
 * The field that holds all rows, where a file is one object that is read for them.
 * @throws InputError for an object over several lines, for one that holds the rows in a field of another name, and for
 * a table by columns. None of these can be read row by row
 */
function wrappedIn(head: Buffer, first: string, more: boolean): string | undefined {
  const refuse = (found: string, remedy: string): never => {
    throw new InputError(`found ${found}; expected one JSON object per line, or one list of objects`, { remedy })
  }
  const isWhole = isJson(first)
  if (isWhole && more) return undefined
  const text = head
    .toString()
    .replace(/^\uFEFF/, '')
    .trimStart()
  const field = wrappingField(text)
  if (field?.isOpened) return field.name
  if (field)
    refuse(`all rows inside the field "${field.name}"`, `write them one per line, as jq -c '.${field.name}[]' does`)
  if (!isWhole && more && /^\{\s*("(?:[^"\\]|\\.)*"\s*:\s*[[{]?\s*|.*[^}\s],)?$/.test(first))
    refuse('a JSON object over several lines', 'write each object on one line, as jq -c . does')
  if (!isWhole || !/^\s*\{\s*"[^"]*"\s*:\s*[[{]/.test(first)) return undefined
  const row: unknown = JSON.parse(first)
  const entries = isObject(row) ? Object.entries(row) : []
  if (entries.length > 1 && entries.every(([, value]) => isObject(value) && '0' in value))
    refuse('a table by columns, as pandas writes it', 'write it with to_json(orient="records", lines=True)')
  return undefined
}
