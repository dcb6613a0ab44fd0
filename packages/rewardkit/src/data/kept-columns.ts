import { InputError } from '../errors.ts'
import type { Row } from './fields.ts'
import type { Reading, RowContext, Layout } from './layouts/layout.ts'

/** Rows with a value in a column that are looked at. */
const mostTried = 3

/**
 * Distinguishes columns that a layout reads and keeps in `meta`, to write them again, from those that it only keeps. A
 * column is read if a row without it reads differently, or not at all.
 */
export function createKeptColumns(): (layout: Layout, row: Row, column: string, context: RowContext) => boolean {
  const isRead = new Map<string, boolean>()
  const tried = new Map<string, number>()
  return (layout, row, column, context) => {
    const key = `${layout.name} ${column}`
    const count = tried.get(key) ?? 0
    if (isRead.get(key) !== true && count < mostTried) {
      const { [column]: _, ...without } = row
      tried.set(key, count + 1)
      isRead.set(key, outcomeOf(layout, row, context) !== outcomeOf(layout, without, context))
    }
    return isRead.get(key) ?? false
  }
}

/** What a row becomes, but for its meta. */
function outcomeOf(layout: Layout, row: Row, context: RowContext): string {
  try {
    const read: Reading = layout.read(row, context)
    return JSON.stringify(read, (name, value: unknown) => (name === 'meta' ? undefined : value))
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}
