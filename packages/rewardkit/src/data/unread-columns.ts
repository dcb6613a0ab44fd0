import { counted } from '../counted.ts'
import type { Row } from './fields.ts'
import type { Group } from './group.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'

/** Columns that no layout read, counted: they stay in `meta`, and no model sees them. */
export interface UnreadColumns {
  /** In how many rows each has a value, in the order in which they came. */
  readonly rows: Readonly<Record<string, number>>
  /** The same for rows in which no prompt was found. */
  readonly rowsWithoutPrompt: Readonly<Record<string, number>>
}

/** Counts the unread columns of row after row. */
export interface UnreadTally extends UnreadColumns {
  add(columns: readonly string[], group: Group): void
}

export function createUnreadTally(): UnreadTally {
  const rows: Record<string, number> = {}
  const rowsWithoutPrompt: Record<string, number> = {}
  return {
    rows,
    rowsWithoutPrompt,
    add(columns, group) {
      const counts = hasPrompt(group) ? [rows] : [rows, rowsWithoutPrompt]
      for (const column of columns) for (const count of counts) count[column] = (count[column] ?? 0) + 1
    },
  }
}

/** Whole texts have none; whole conversations have one where a user says something in them. */
function hasPrompt({ prompt, responses, form }: Group): boolean {
  return prompt.length > 0 || (form !== 'text' && responses.some((turns) => turns.some(({ role }) => role === 'user')))
}

/**
 * The columns of a row that went to `meta` unchanged, because its layout does not use them. Empty ones do not count,
 * nor does one that `--columns` reaches into.
 * @param columns what `--columns` says
 */
export function unreadColumns(row: Row, { meta }: Group, columns: readonly string[] = []): string[] {
  if (meta === undefined) return []
  const isEntered = (column: string) =>
    columns.some((text) => text.slice(text.indexOf('=') + 1).split('.')[0] === column)
  return Object.keys(row).filter((column) => {
    const value = row[column]
    if (value === undefined || value === null || value === '') return false
    return (meta[column] === value || (column in meta && meta[`${column}_column`] === value)) && !isEntered(column)
  })
}

/** Names that columns with a prompt bear, the likeliest first. */
const promptNames = ['instruction', 'question', 'query', 'input', 'conversation', 'history', 'context', 'system']

/** Names that are listed; the rest is counted. */
const mostListed = 20

/** `columns not read: a, b, c`; undefined where all were. */
export function unreadMessage({ rows }: UnreadColumns): string | undefined {
  const names = Object.keys(rows)
  if (names.length === 0) return undefined
  const more = names.length > mostListed ? ` and ${names.length - mostListed} more` : ''
  return `columns not read: ${names.slice(0, mostListed).join(', ')}${more}`
}

/** What to say where rows have no prompt and an unread column looks like one; undefined where none does. */
export function missingPromptMessage({ rowsWithoutPrompt }: UnreadColumns): Phrase | undefined {
  const names = promptNames.flatMap((name) =>
    Object.keys(rowsWithoutPrompt).filter((column) => column.toLowerCase() === name),
  )
  const [first] = names
  if (first === undefined) return undefined
  const count = Math.max(...names.map((name) => rowsWithoutPrompt[name] ?? 0))
  const found = names.length === 1 ? `column "${first}" looks` : `columns ${names.join(', ')} look`
  return phrase`no prompt was found in ${counted(count, 'row')}, but the ${found} like one; ${settings({ columns: [`prompt=${first}`] })} reads it`
}
