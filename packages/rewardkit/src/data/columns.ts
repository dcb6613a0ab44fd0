import { InputError } from '../errors.ts'
import { option, phrase } from '../phrase.ts'
import { nearestName } from '../nearest.ts'
import { isObject, type Row } from './fields.ts'

/** Names on the left of `--columns` for preference data: the fields of a pair, of a group of responses, or of a table of judgements. */
export const columnNames = [
  'id',
  'prompt',
  'chosen',
  'rejected',
  'response',
  'responses',
  'preferences',
  'a',
  'b',
  'choice',
  'rating',
  'ranks',
  'scores',
  'margin',
  'weight',
  'probability',
  'subset',
] as const

/** Names that several columns may make up: a list of their values, in this order. */
export const listNames: ReadonlySet<string> = new Set(['responses', 'ranks', 'scores'])

/** What `--columns` says of one name. */
export interface NamedColumns {
  readonly name: string
  /** One column, or those that make up a list. */
  readonly columns: readonly string[]
}

/**
 * What `NAME=COLUMN` texts say. A text without `=` is one more column of the list before it, as in
 * `responses=first,second`, which the command line takes apart at its commas.
 * @param names those that there are
 * @throws InputError for a name that is none, and where one is there twice
 */
export function namedColumns(texts: readonly string[], names: readonly string[] = columnNames): NamedColumns[] {
  const named: { name: string; columns: string[] }[] = []
  for (const text of texts) {
    const at = text.indexOf('=')
    const last = named.at(-1)
    if (at === -1 && last && listNames.has(last.name)) {
      last.columns.push(text)
      continue
    }
    const name = text.slice(0, Math.max(0, at))
    if (!names.includes(name)) {
      const near = nearestName(name, names)
      const remedy = at === -1 || near === undefined ? '' : `; did you mean ${near}?`
      throw new InputError(`found "${text}", expected NAME=COLUMN with a name of ${names.join(', ')}${remedy}`)
    }
    const column = text.slice(at + 1)
    named.push({ name, columns: listNames.has(name) ? column.split(',').map((one) => one.trim()) : [column] })
  }
  const twice = named.find(({ name }, index) => named.findIndex((other) => other.name === name) < index)
  if (twice)
    throw new InputError(`"${twice.name}" appears twice, expected one column for each name`, {
      remedy: 'leave one of the two out',
    })
  return named
}

/**
 * Renames columns as `--columns` says. A column reached through dots stays where it is; one that is named whole moves
 * to its new name. Columns that are not named stay, and end up in `meta`. If another column gets a column's name, it is
 * kept as `NAME_column`.
 * @param columns `NAME=COLUMN` texts
 * @param names those on the left that there are; by default those of preference data
 * @returns the row with the fields that a layout looks for; it throws an InputError where a column is missing
 * @throws InputError as `namedColumns` does
 */
export function columnMapper(columns: readonly string[], names?: readonly string[]): (row: Row) => Row {
  const all = namedColumns(columns, names)
  const moved = new Set(all.flatMap((named) => named.columns))
  const taken = new Set(all.map(({ name }) => name))
  return (row) => {
    const kept = Object.entries(row)
      .filter(([column]) => !moved.has(column))
      .map(([column, value]) => [taken.has(column) ? freeName(column, row) : column, value] as const)
    const named = all.map(({ name, columns: from }) => {
      const values = from.map((column) => numberIn(name, valueAt(row, column)))
      return [name, values.length === 1 ? values[0] : values] as const
    })
    return { ...Object.fromEntries(kept), ...Object.fromEntries(named) }
  }
}

/** What a column is kept as whose name another value has: `NAME_column`, or more of it where that is taken, too. */
export function freeName(column: string, ...taken: readonly Row[]): string {
  const name = `${column}_column`
  return taken.some((row) => Object.hasOwn(row, name)) ? freeName(name, ...taken) : name
}

const numbers = new Set(['margin', 'weight', 'probability'])

/** What is named as a number and comes as text, as from CSV, is one; an empty cell is none. */
function numberIn(name: string, value: unknown): unknown {
  if (!numbers.has(name) || typeof value !== 'string') return value
  if (value.trim() === '') return null
  return Number.isFinite(Number(value)) ? Number(value) : value
}

/**
 * The value of a column or, if there is none of that name, of a path such as `question.text` or `answers.0`. A name
 * after a list of objects gives the list of what each has there: `candidates.answer`.
 * @throws InputError where there is none
 */
export function valueAt(row: Row, column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column]
  const value = column.split('.').reduce(within, row)
  if (value === undefined) throw missing(column, Object.keys(row))
  return value
}

function within(value: unknown, part: string): unknown {
  if (isObject(value)) return Object.hasOwn(value, part) ? value[part] : undefined
  if (!Array.isArray(value)) return undefined
  if (/^\d+$/.test(part)) return value[Number(part)]
  const found = value.map((item: unknown) => (isObject(item) ? within(item, part) : undefined))
  return found.length === 0 || found.includes(undefined) ? undefined : found
}

function missing(column: string, columns: readonly string[]): InputError {
  const near = nearestName(column, columns)
  return new InputError(
    phrase`${option('columns')}: found no column "${column}", only ${columns.slice(0, 12).join(', ')}`,
    {
      remedy: near === undefined ? undefined : `did you mean ${near}?`,
      about: { kind: 'missing-column' },
    },
  )
}
