import { buildGroup, type GroupParts, wholeConversations } from '../build.ts'
import { fieldError, optionalName, type Row, textOrMessages } from '../fields.ts'
import type { Message } from '../group.ts'
import { isPresent, otherColumns, type RowFormat, singleText, textField } from './format.ts'
import { chosenAndRejected, eachPreferred, textList } from './lists.ts'
import { assistantMessage, userMessage } from './messages.ts'

const rejectedColumns = ['rejected_response', 'rejected_responses', 'rejected_messages'] as const
const own = ['id', 'subset', 'system', 'messages', 'query', 'response', ...rejectedColumns]

/**
 * ms-swift's pairs: `messages` is the chosen conversation. `rejected_response` is a text in place of its last turn
 * (`rejected_responses` a list of such texts), `rejected_messages` another whole conversation. `query` and `response`, with
 * an optional `system`, stand for a conversation of one turn.
 */
export const swiftFormat: RowFormat = {
  name: 'swift',
  recognises: (row) =>
    rejectedColumns.some((column) => isPresent(row, column)) &&
    (Array.isArray(row['messages']) || (typeof row['query'] === 'string' && typeof row['response'] === 'string')),
  read(row, { defaultId, options }) {
    const parts = partsOf(row)
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      ...parts,
      preferences: eachPreferred(1, parts.responses.length - 1, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, own),
    })
  },
  write(group) {
    const { chosen, rejected } = chosenAndRejected(group)
    const texts = rejected.map(textAlone)
    return chosen.flatMap((response): Row[] => {
      const common = {
        ...group.meta,
        id: group.id,
        ...(group.subset === undefined ? {} : { subset: group.subset }),
        messages: [...group.prompt, ...response],
      }
      const areTexts = response.length === 1 && group.prompt.length > 0 && texts.every((text) => text !== undefined)
      if (areTexts && texts.length > 1) return [{ ...common, rejected_responses: texts }]
      if (areTexts) return [{ ...common, rejected_response: texts[0] }]
      return rejected.map((other) => ({ ...common, rejected_messages: [...group.prompt, ...other] }))
    })
  },
}

function partsOf(row: Row): Pick<GroupParts, 'form' | 'prompt' | 'responses'> {
  const chosen = chosenConversation(row)
  if (isPresent(row, 'rejected_messages'))
    return wholeConversations([chosen, conversation(row['rejected_messages'], 'rejected_messages')])
  const last = chosen.at(-1)
  if (last?.role !== 'assistant')
    throw fieldError(
      'messages',
      row['messages'],
      'a conversation that ends with the assistant, whose turn was rejected',
    )
  return {
    form: 'messages',
    prompt: chosen.slice(0, -1),
    responses: [[last], ...rejectedTexts(row).map(assistantMessage)],
  }
}

function chosenConversation(row: Row): readonly Message[] {
  if (isPresent(row, 'messages')) return conversation(row['messages'], 'messages')
  const system: Message[] = isPresent(row, 'system') ? [{ role: 'system', content: textField(row, 'system') }] : []
  return [...system, ...userMessage(textField(row, 'query')), ...assistantMessage(textField(row, 'response'))]
}

function rejectedTexts(row: Row): string[] {
  const field = isPresent(row, 'rejected_response') ? 'rejected_response' : 'rejected_responses'
  return typeof row[field] === 'string' ? [textField(row, field)] : textList(row, field)
}

function conversation(value: unknown, field: string): readonly Message[] {
  const messages = textOrMessages(value, field)
  if (typeof messages === 'string' || messages.length === 0) throw fieldError(field, value, 'a conversation')
  return messages
}

/** The text of a response that is no more than that. */
function textAlone(response: readonly Message[]): string | undefined {
  const [message] = response
  const isText = message?.role === 'assistant' && response.length === 1 && Object.keys(message).length === 2
  return isText ? singleText(response, 'rejected response') : undefined
}
