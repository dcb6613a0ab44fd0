import { InputError } from '../../errors.ts'
import type { Row } from '../fields.ts'
import type { Group } from '../group.ts'
import type { RowFormat } from './format.ts'
import { pairFormat } from './pair.ts'
import { responseFormat } from './response.ts'
import { transcriptFormat } from './transcript.ts'

/** All shapes of rows, in the order in which they are tried. */
const FORMATS: readonly RowFormat[] = [transcriptFormat, pairFormat, responseFormat]

/**
 * The group that a row tells, in whichever format it came. A row without an id gets `defaultId`.
 *
 * @throws InputError that names the field, what was found and what was expected (not file and line).
 */
export function groupFromRow(row: Row, defaultId: string): Group {
  const format = FORMATS.find((candidate) => candidate.recognises(row))
  if (format) return format.toGroup(row, defaultId)
  const columns = Object.keys(row)
  const found = columns.length === 0 ? 'no field' : `the fields ${columns.slice(0, 8).join(', ')}`
  throw new InputError(`found ${found}, expected "chosen" and "rejected", or "response" or "responses"; rename them`)
}
