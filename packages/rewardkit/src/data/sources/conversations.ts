import { InputError } from '../../errors.ts'
import { described, isObject, type Row } from '../fields.ts'
import { parseRow } from '../row.ts'
import type { Notes } from './notes.ts'

/** What the values of a column of texts are. */
type Kind = 'text' | 'conversations'

/**
 * Reads columns whose texts are conversations as JSON, whatever kind of file they come from. The first value of a column
 * that is not empty decides: a JSON list of messages {role, content} or {from, value}, or any other text. What each
 * column was found to be holds for all rows.
 * @returns the row with lists in place of such texts. It throws an InputError (without file and line) for a value that
 * differs from the first, and for lists as Python prints them
 */
export function createConversationReader(notes: Notes): (row: Row) => Row {
  const kinds = new Map<string, Kind>()
  const read = (column: string, text: string): unknown => {
    const found = listIn(text)
    const kind = kinds.get(column)
    if (kind === undefined) {
      if (isPythonList(text)) throw pythonList(column)
      kinds.set(column, found ? 'conversations' : 'text')
      if (found) notes.add(`json ${column}`, 'log', () => `column "${column}" holds conversations as JSON text`)
      return found ?? text
    }
    if (kind === 'conversations' && !found) {
      if (isPythonList(text)) throw pythonList(column)
      throw new InputError(
        `column "${column}": found ${described(text)}, expected a JSON list of messages like the values before`,
        { remedy: 'write all values of the column in one form' },
      )
    }
    if (kind === 'text' && (found ?? isPythonList(text)))
      notes.add(
        `text ${column}`,
        'warning',
        (count) =>
          `column "${column}": ${count.toLocaleString('en-US')} ${count === 1 ? 'value looks like a conversation' : 'values look like conversations'}, but the first one is other text: all are read as text`,
      )
    return kind === 'text' ? text : found
  }
  return (row) => {
    const lists: Record<string, unknown> = {}
    let isChanged = false
    for (const [column, text] of Object.entries(row)) {
      if (typeof text !== 'string' || text.trim() === '') continue
      const value = read(column, text)
      if (value === text) continue
      lists[column] = value
      isChanged = true
    }
    return isChanged ? { ...row, ...lists } : row
  }
}

/** The messages of a JSON list of them. */
function listIn(text: string): readonly unknown[] | undefined {
  if (!/^\s*\[\s*\{/.test(text)) return undefined
  try {
    const { list } = parseRow(`{"list":${text}}`)
    return Array.isArray(list) && list.every(isMessage) ? list : undefined
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

/** Content may be a list of parts, or null where there are tool calls: what it is, the layouts check. */
const isMessage = (value: unknown): boolean =>
  isObject(value) &&
  ((typeof value['role'] === 'string' && ('content' in value || 'tool_calls' in value)) ||
    (typeof value['from'] === 'string' && 'value' in value))

/** Lists of messages as Python prints them, which `str` and pandas write: text to every reader. */
const isPythonList = (text: string): boolean => /^\s*(array\()?\[\s*\{\s*'(role|content|from|value)'\s*:/.test(text)

const pythonList = (column: string): InputError =>
  new InputError(`column "${column}": found a Python list, expected JSON`, {
    remedy: 'write it with json.dumps, or save as Parquet',
  })
