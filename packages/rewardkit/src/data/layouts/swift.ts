import { buildGroup, type GroupParts, wholeConversations } from '../build.ts'
import { fieldError, optionalName, type Row, textOrMessages } from '../fields.ts'
import type { Message } from '../group.ts'
import { behindSystem, historyOf, readSystem } from './alpaca.ts'
import { isPresent, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { chosenAndRejected, eachPreferred, textList } from './lists.ts'
import { assistantMessage, userMessage } from './messages.ts'
import { isTurnList, turnsOf } from './sharegpt.ts'

const rejectedColumns = ['rejected_response', 'rejected_responses', 'rejected_messages'] as const
const questions = ['query', 'prompt', 'instruction', 'question', 'input'] as const

/**
 * ms-swift's pairs: `messages` is the chosen conversation. `rejected_response` is a text in place of its last turn
 * (`rejected_responses` a list of such texts), `rejected_messages` another whole conversation. `history`, then `query`
 * (or `prompt`, `instruction`, `question`, `input`) and `response`, form a conversation too. `system` is the system
 * turn in front. Turns may be ShareGPT's {from, value}.
 */
export const swiftLayout: Layout<'swift'> = {
  name: 'swift',
  example: {
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    rejected_response: 'What?',
  },
  recognises: (row) =>
    rejectedColumns.some((column) => isPresent(row, column)) &&
    (Array.isArray(row['messages']) || (questionOf(row) !== undefined && typeof row['response'] === 'string')),
  read(row, { defaultId, options }) {
    const parts = partsOf(row)
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      ...parts,
      preferences: eachPreferred(1, parts.responses.length - 1, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, [
        'id',
        'subset',
        ...rejectedColumns,
        ...readSystem(row, parts.prompt),
        ...(isPresent(row, 'messages') ? ['messages'] : ['history', 'response', questionOf(row) ?? 'query']),
      ]),
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
  const turns = isPresent(row, 'messages')
    ? conversation(row['messages'], 'messages')
    : [
        ...historyOf(row),
        ...userMessage(textField(row, questionOf(row) ?? 'query')),
        ...assistantMessage(textField(row, 'response')),
      ]
  return behindSystem(row, turns)
}

const questionOf = (row: Row) => questions.find((column) => typeof row[column] === 'string')

function rejectedTexts(row: Row): string[] {
  const field = isPresent(row, 'rejected_response') ? 'rejected_response' : 'rejected_responses'
  return typeof row[field] === 'string' ? [textField(row, field)] : textList(row, field)
}

function conversation(value: unknown, field: string): readonly Message[] {
  const messages = isTurnList(value) ? turnsOf(value, field) : textOrMessages(value, field)
  if (typeof messages === 'string' || messages.length === 0) throw fieldError(field, value, 'a conversation')
  return messages
}

/** The text of a response that has nothing else. */
function textAlone(response: readonly Message[]): string | undefined {
  const [message] = response
  const isText = message?.role === 'assistant' && response.length === 1 && Object.keys(message).length === 2
  return isText ? singleText(response, 'rejected response') : undefined
}
