import { InputError } from '../../errors.ts'
import { isObject, type Row } from '../fields.ts'
import { createReading, readRows } from '../sources/read-rows.ts'
import type { RowOptions } from '../row-options.ts'
import type { Source } from '../sources/source.ts'
import { valueKey } from './choices.ts'
import { listOf } from './list-columns.ts'

/** What a column holds: in every row that has it, as far as was looked. */
export type ColumnKind = 'text' | 'messages' | 'answers' | 'numbers' | 'scalar' | 'other'

/** A column of the first rows of a source, or a path into one, such as `candidates.answer`. */
export interface ColumnValues {
  readonly path: string
  readonly kind: ColumnKind
  /** Its different values by their keys, where they are few. */
  readonly values: ReadonlyMap<string, unknown>
}

/** Rows that are looked at, different values that are kept in mind, and how deep columns are entered. */
const mostRows = 2000
const mostValues = 40
const deepest = 4

/** The columns of the first rows of a source. What cannot be read is passed over. */
export async function columnValues(source: Source, options: RowOptions): Promise<ColumnValues[]> {
  const rows: Row[] = []
  try {
    for (const file of source.files)
      for await (const item of readRows(file, createReading(options))) {
        if (!('error' in item)) rows.push(item.row)
        if (rows.length >= mostRows) return columnsOfRows(rows)
      }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
  }
  return columnsOfRows(rows)
}

/** The columns of these rows. */
export function columnsOfRows(rows: readonly Row[]): ColumnValues[] {
  const columns = new Map<string, { kinds: Set<ColumnKind>; values: Map<string, unknown> }>()
  for (const row of rows)
    for (const [path, value] of pathsOf(row, '', 0)) {
      const column = columns.get(path) ?? { kinds: new Set(), values: new Map() }
      columns.set(path, column)
      if (value !== null && value !== '') column.kinds.add(kindOf(value))
      if (column.values.size <= mostValues) column.values.set(valueKey(value), value)
    }
  return [...columns].map(([path, { kinds, values }]) => {
    const [only = 'other'] = kinds
    const kind =
      kinds.size === 1 ? only : [...kinds].every((one) => one === 'text' || one === 'scalar') ? 'text' : 'other'
    return { path, kind, values: values.size > mostValues ? new Map() : values }
  })
}

/** The values of a row by their paths; a list of objects gives lists of what they hold. */
function pathsOf(value: Row, prefix: string, depth: number): [string, unknown][] {
  return Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    const path = `${prefix}${name}`
    if (depth >= deepest || name.includes('.')) return [[path, item]]
    if (isObject(item)) return pathsOf(item, `${path}.`, depth + 1)
    if (!Array.isArray(item) || item.length === 0 || isConversation(item) || !item.every(isObject))
      return [[path, item]]
    const items = item.map((one) => new Map(pathsOf(one, `${path}.`, depth + 1)))
    return [...(items[0]?.keys() ?? [])].map((below) => [below, items.map((one) => one.get(below) ?? null)])
  })
}

function kindOf(value: unknown): ColumnKind {
  if (typeof value === 'string' && !listOf(value)) return 'text'
  if (typeof value === 'number' || typeof value === 'boolean') return 'scalar'
  const list = listOf(value)
  if (!list || list.length === 0) return 'other'
  if (isConversation(list)) return 'messages'
  if (list.length < 2) return 'other'
  if (list.every((item) => typeof item === 'number')) return 'numbers'
  return list.every((item) => typeof item === 'string' || isConversation(item)) ? 'answers' : 'other'
}

const isConversation = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (item) => isObject(item) && (('role' in item && 'content' in item) || ('from' in item && 'value' in item)),
  )
