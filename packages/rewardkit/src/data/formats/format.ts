import { fieldError, isObject, optionalName, optionalNumber, textOrMessages, type Row } from '../fields.ts'
import type { TextOrMessages } from '../build.ts'
import type { Group, Preference } from '../group.ts'

/**
 * One shape of rows. To add a format, write a file beside this one and put it into the table of `index.ts`; the first
 * format that recognises a row reads it.
 */
export interface RowFormat {
  readonly name: 'preference pair' | 'transcript pair' | 'response' | 'responses'
  /** Looks at columns (null counts as absent) and at the kind of their values; need not be sure that the row is valid. */
  recognises(row: Row): boolean
  /** Throws an InputError that names the field; the caller puts file and line in front. */
  toGroup(row: Row, defaultId: string): Group
}

/** True where the column has a value: null is how pandas and Parquet write an absent one. */
export function isPresent(row: Row, column: string): boolean {
  return row[column] !== undefined && row[column] !== null
}

const COMMON = new Set(['id', 'subset', 'meta'])
const JUDGEMENT = new Set(['margin', 'weight', 'probability'])

/** `id`, `subset` and `meta`; columns that neither these nor `own` name go into `meta` (which wins on equal names). */
export function commonFields(row: Row, defaultId: string, own: readonly string[]) {
  const { meta } = row
  if (meta !== undefined && meta !== null && !isObject(meta)) throw fieldError('meta', meta, 'an object')
  const other = Object.entries(row).filter(([column]) => !COMMON.has(column) && !own.includes(column))
  return {
    id: optionalName(row, 'id') ?? defaultId,
    subset: optionalName(row, 'subset'),
    meta: { ...Object.fromEntries(other), ...meta },
  }
}

/** `margin`, `weight` and `probability` of a preference. */
export function judgement(row: Row): Pick<Preference, 'margin' | 'weight' | 'probability'> {
  const margin = optionalNumber(row, 'margin')
  const weight = optionalNumber(row, 'weight', 0)
  const probability = optionalNumber(row, 'probability', 0, 1)
  return {
    ...(margin === undefined ? {} : { margin }),
    ...(weight === undefined ? {} : { weight }),
    ...(probability === undefined ? {} : { probability }),
  }
}

/** The columns that `judgement` reads. */
export const judgementColumns: readonly string[] = [...JUDGEMENT]

/** The `prompt` column where there is one; an empty one is an error, for nobody can say what was asked. */
export function promptField(row: Row): TextOrMessages | undefined {
  const { prompt } = row
  if (prompt === undefined || prompt === null) return undefined
  const value = textOrMessages(prompt, 'prompt')
  const empty = typeof value === 'string' ? value.trim() === '' : value.every(({ content }) => content.trim() === '')
  if (empty) {
    const remedy = 'remove the row, or the column if the responses are whole texts'
    throw fieldError('prompt', prompt, 'a prompt that says something', remedy)
  }
  return value
}
