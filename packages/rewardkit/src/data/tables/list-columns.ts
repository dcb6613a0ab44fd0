import { buildGroup, conversation, type TextOrMessages, wholeConversations } from '../build.ts'
import { columnMapper, namedColumns } from '../columns.ts'
import { type Row, textOrMessages } from '../fields.ts'
import { commonFields, judgementColumns, promptField } from '../layouts/layout.ts'
import type { Group, Preference } from '../group.ts'

/** A list, also one that came as JSON text, as in a cell of a CSV file. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[]
  if (typeof value !== 'string' || !/^\s*\[/.test(value)) return undefined
  try {
    const list: unknown = JSON.parse(value)
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}

/** The group of a row whose answers are a list. */
export function listGroup(
  row: Row,
  defaultId: string,
  answers: readonly unknown[],
  preferences: readonly Preference[],
  own: readonly string[],
): Group {
  const prompt = promptField(row)
  const responses = answers.map((answer, index) => textOrMessages(answer, `responses[${index}]`))
  return buildGroup({
    ...commonFields(row, defaultId, ['prompt', 'responses', ...own, ...judgementColumns]),
    ...listParts(prompt, responses),
    preferences,
  })
}

function listParts(prompt: TextOrMessages | undefined, responses: readonly TextOrMessages[]) {
  const conversations = responses.filter((response) => typeof response !== 'string')
  const isWhole = prompt === undefined && conversations.length === responses.length
  return isWhole ? wholeConversations(conversations) : conversation(prompt, responses)
}

/**
 * Renames columns for a reading without judgements, as `score` reads: the two answers of a comparison are `responses`,
 * and a list may come as JSON text.
 */
export function responseMapper(columns: readonly string[]): (row: Row) => Row {
  const mapped = columnMapper(columns)
  const names = new Set(namedColumns(columns).map(({ name }) => name))
  return (row) => {
    const found = mapped(row)
    if (names.has('a') && names.has('b')) {
      const { a, b, choice: _, ...others } = found
      return { ...others, responses: [a, b] }
    }
    return names.has('responses') ? { ...found, responses: listOf(found['responses']) ?? found['responses'] } : found
  }
}
