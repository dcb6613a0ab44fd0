import { distance } from 'fastest-levenshtein'
import { InputError } from '../../errors.ts'
import { phrase, settings } from '../../phrase.ts'
import type { Row } from '../fields.ts'
import { isPresent } from './layout.ts'

/** Letters by which a long name may differ. */
const longName = 8

/**
 * Refuses a column whose name is nearly one that the layout reads and that the row does not have: `promt`, `Chosen`.
 * @param names that the layout reads
 * @param isMapped whether the reader of the row has the option `columns`, which is the other remedy
 * @throws InputError that names both
 */
export function refuseNearMisses(row: Row, names: readonly string[], isMapped = true): void {
  for (const name of names) {
    if (isPresent(row, name)) continue
    const near = nearMiss(row, name)
    if (near !== undefined)
      throw new InputError(`found a column "${near}" and no "${name}"`, {
        remedy: isMapped
          ? phrase`did you mean ${name}? rename it, or give ${settings({ columns: [`${name}=${near}`] })}`
          : `did you mean ${name}?`,
      })
  }
}

/**
 * The row without columns that belong to a series, such as `response_a` next to `response_b`: these are not misspelt.
 */
export function withoutSeries(row: Row): Row {
  const columns = Object.keys(row)
  const isOneOfSeveral = (column: string) =>
    columns.some((other) => other !== column && other.length === column.length && stem(other) === stem(column))
  return Object.fromEntries(Object.entries(row).filter(([column]) => !isOneOfSeveral(column)))
}

const stem = (column: string): string => column.slice(0, -1)

/** The column whose name is nearly this one: but for case, one letter (two of a long name), or two in the wrong order. */
function nearMiss(row: Row, name: string): string | undefined {
  for (const column in row)
    if (Math.abs(column.length - name.length) <= 2 && isPresent(row, column) && isNear(column.toLowerCase(), name))
      return column
  return undefined
}

function isNear(column: string, name: string): boolean {
  // Weight and height, chosen and frozen are words of their own.
  if (column[0] !== name[0] || Math.abs(column.length - name.length) > 2) return false
  const letters = distance(column, name)
  if (letters <= (name.length < longName ? 1 : 2)) return true
  return letters === 2 && column.length === name.length && sorted(column) === sorted(name)
}

const sorted = (word: string): string => Array.from(word).toSorted().join('')
