import { InputError } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { isObject, type Row } from './fields.ts'

/**
 * Renames columns as `--columns` says. A column that is reached through dots stays where it is; one that is named whole
 * goes to its new name. What is not named stays, and ends up in `meta`.
 * @param columns `NAME=COLUMN` texts
 * @returns the row with the fields that a format looks for; it throws an InputError where a column is missing
 * @throws InputError where one name is there twice
 */
export function columnMapper(columns: readonly string[]): (row: Row) => Row {
  const pairs = columns.map((text) => {
    const at = text.indexOf('=')
    return { name: text.slice(0, at), column: text.slice(at + 1) }
  })
  const twice = pairs.find(({ name }, index) => pairs.findIndex((other) => other.name === name) < index)
  if (twice)
    throw new InputError(`--columns: "${twice.name}" is there twice, expected one column for each name`, {
      remedy: 'leave one of the two out',
    })
  return (row) => {
    const moved = new Set(pairs.map(({ column }) => column))
    const kept = Object.entries(row).filter(([column]) => !moved.has(column))
    const named = pairs.map(({ name, column }) => [name, numberIn(name, valueAt(row, column))] as const)
    return { ...Object.fromEntries(kept), ...Object.fromEntries(named) }
  }
}

const numbers = new Set(['margin', 'weight', 'probability'])

/** What is named as a number and comes as text, as from CSV, is one; an empty cell is none. */
function numberIn(name: string, value: unknown): unknown {
  if (!numbers.has(name) || typeof value !== 'string') return value
  if (value.trim() === '') return null
  return Number.isFinite(Number(value)) ? Number(value) : value
}

/** The value of a column, or, where there is none of that name, of a path such as `question.text` or `answers.0`. */
function valueAt(row: Row, column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column]
  let value: unknown = row
  for (const part of column.split('.')) {
    if (Array.isArray(value)) value = value[Number(part)]
    else value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined
  }
  if (value === undefined) throw missing(column, Object.keys(row))
  return value
}

function missing(column: string, columns: readonly string[]): InputError {
  const near = nearestName(column, columns)
  return new InputError(`--columns: found no column "${column}", only ${columns.slice(0, 12).join(', ')}`, {
    remedy: near === undefined ? undefined : `did you mean ${near}?`,
  })
}
