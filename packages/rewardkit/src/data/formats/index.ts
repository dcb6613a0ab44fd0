import { InputError } from '../../errors.ts'
import type { Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { isPresent, type RowFormat } from './format.ts'
import { pairFormat } from './pair.ts'
import { responseFormat, responsesFormat } from './response.ts'
import { transcriptFormat } from './transcript.ts'

/** All shapes of rows, in the order in which they are tried. */
const FORMATS: readonly RowFormat[] = [transcriptFormat, pairFormat, responseFormat, responsesFormat]

/**
 * The format that reads a row.
 *
 * @throws InputError where none does, with the columns that were found.
 */
export function formatOf(row: Row): RowFormat {
  const format = FORMATS.find((candidate) => candidate.recognises(row))
  if (format) return format
  const columns = Object.keys(row).map((column) => (isPresent(row, column) ? column : `${column} (null)`))
  const found = columns.length === 0 ? 'no field' : `the fields ${columns.slice(0, 8).join(', ')}`
  throw new InputError(`found ${found}, expected "chosen" and "rejected", or "response" or "responses"`, {
    remedy: 'rename them',
  })
}

/**
 * The group that a row tells, in whichever format it came. A row without an id gets `defaultId`.
 *
 * @throws InputError that names the field, what was found and what was expected (not file and line).
 */
export function groupFromRow(row: Row, defaultId: string): Group {
  return formatOf(row).toGroup(row, defaultId)
}
