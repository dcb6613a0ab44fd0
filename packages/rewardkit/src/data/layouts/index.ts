import { InputError } from '../../errors.ts'
import { option, phrase } from '../../phrase.ts'
import type { Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { defaultRowOptions, type RowOptions } from '../row-options.ts'
import { isPresent, type Layout, UnknownLayout } from './layout.ts'
import { foreignLayouts, type LayoutName, namedOwn, recognisedOwn } from './layout-list.ts'
import { refuseNearMisses, withoutSeries } from './near-misses.ts'

/**
 * The layout that reads a row of one of our own layouts, or TRL's.
 *
 * @throws InputError where none does, with the columns that were found.
 */
export function layoutOf(row: Row, candidates: readonly Layout[] = recognisedOwn): Layout {
  const layout = candidates.find((candidate) => candidate.recognises(row))
  if (layout) return layout
  refuseNearMisses(withoutSeries(row), ['chosen', 'rejected', 'response', 'responses'])
  const columns = Object.keys(row).map((column) => (isPresent(row, column) ? column : `${column} (null)`))
  const found = columns.length === 0 ? 'no field' : `the fields ${columns.slice(0, 8).join(', ')}`
  throw new UnknownLayout(`found ${found}, expected "chosen" and "rejected", or "response" or "responses"`, {
    remedy: phrase`rename them, or name them with ${option('columns')}`,
  })
}

/**
 * The layout that reads a row, of all that there are.
 *
 * @throws InputError where none does.
 */
export const recognisedLayout = (row: Row): Layout => layoutOf(row, all)

const all: readonly Layout[] = [...foreignLayouts, ...recognisedOwn]

/** Whether rows of this layout may be mixed with others in one file: our own layouts are recognised row by row. */
export const isOwnLayout = (layout: Layout): boolean => recognisedOwn.includes(layout) || namedOwn.includes(layout)

/**
 * The layout of a name. A pair that is named as such may still be a transcript.
 *
 * @throws InputError for a layout that is not there.
 */
export function layoutNamed(name: LayoutName): Layout {
  const layout = [...all, ...namedOwn].find((candidate) => candidate.name === name)
  if (!layout) throw new InputError(phrase`${option('dataFormat')}: there is no layout ${name}`)
  return layout
}

/**
 * The group that a row of one of our own layouts has. A row without an id gets `defaultId`.
 *
 * @throws InputError that names the field, what was found and what was expected (not file and line).
 */
export function groupFromRow(row: Row, defaultId: string, options: RowOptions = defaultRowOptions): Group {
  const read = layoutOf(row).read(row, { defaultId, options })
  if ('promptId' in read) return read
  throw new InputError('the row holds no group')
}
