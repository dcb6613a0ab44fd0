import { buildGroup, type TextParts, wholeConversations } from '../build.ts'
import { fieldError, isObject, optionalName, type Row } from '../fields.ts'
import type { Message } from '../group.ts'
import { decidedPairsOf, otherColumns, type Layout } from './layout.ts'
import { behindSystem, readSystem } from './alpaca.ts'
import { eachPreferred } from './lists.ts'
import { assistantMessage } from './messages.ts'

/** Where the prompt may be, in the order in which they are looked for. */
const conversations = ['conversations', 'conversation', 'messages'] as const

/**
 * Pairs in ShareGPT's turns {from, value}, as LLaMA-Factory ranks them. `conversations` is the prompt (or
 * `conversation`, or `messages`). `chosen` and `rejected` are a turn each, a list of turns or a text. Without a prompt
 * both are whole conversations. `human` is the user, `gpt` the assistant and `observation` the output of a tool; other
 * names stay unchanged. Turns {role, content} are read too. `system` is the system turn in front.
 */
export const sharegptLayout: Layout<'sharegpt'> = {
  name: 'sharegpt',
  example: {
    conversations: [{ from: 'human', value: 'Hi' }],
    chosen: { from: 'gpt', value: 'a' },
    rejected: { from: 'gpt', value: 'b' },
  },
  recognises(row) {
    const responses = [row['chosen'], row['rejected']]
    if (responses.every(isTurnList)) return true
    if (row['prompt'] !== undefined || row['instruction'] !== undefined || promptColumn(row) === undefined) return false
    return responses.every((value) => isTurn(value) || isMessage(value) || isTurnList(value)) || areAnswers(row)
  },
  read(row, { defaultId, options }) {
    const parts = partsOf(row)
    const own = ['id', 'chosen', 'rejected', 'subset', promptColumn(row) ?? 'conversations']
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      ...parts,
      preferences: eachPreferred(1, 1, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, [...own, ...readSystem(row, parts.prompt)]),
    })
  },
  write: (group) =>
    decidedPairsOf(group).map(({ chosen, rejected }) => ({
      ...group.meta,
      id: group.id,
      ...(group.subset === undefined ? {} : { subset: group.subset }),
      ...(group.prompt.length === 0 ? {} : { conversations: group.prompt.map(writtenTurn) }),
      chosen: writtenTurns(chosen, group.prompt.length > 0),
      rejected: writtenTurns(rejected, group.prompt.length > 0),
    })),
}

function partsOf(row: Row): TextParts {
  const column = promptColumn(row)
  const responses = ['chosen', 'rejected'].map((field) => turnsOf(row[field], field))
  if (column !== undefined) {
    const turns = turnsOf(row[column], column)
    return { form: 'messages', prompt: behindSystem(row, turns), responses }
  }
  return wholeConversations(responses.map((turns) => behindSystem(row, turns)))
}

const promptColumn = (row: Row) => conversations.find((column) => Array.isArray(row[column]))

/** Texts, or messages of the assistant, after a conversation that waits for one. */
function areAnswers({ chosen, rejected, ...row }: Row): boolean {
  const turns: unknown = row[promptColumn(row) ?? '']
  const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined
  const speaker: unknown = isObject(last) ? (last['from'] ?? last['role']) : undefined
  return (
    (speaker === 'human' || speaker === 'user') &&
    [chosen, rejected].every(
      (value) =>
        typeof value === 'string' || (Array.isArray(value) && isMessage(value[0]) && value[0]['role'] === 'assistant'),
    )
  )
}

const isMessage = (value: unknown): value is Row => isObject(value) && 'role' in value && 'content' in value
const isTurn = (value: unknown): value is Row => isObject(value) && 'from' in value && 'value' in value
/** Whether a value is a list of turns {from, value}. */
export const isTurnList = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isTurn)

const roles: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ...['chatgpt', 'bing', 'bard', 'bot', 'gpt'].map((name) => [name, 'assistant'] as const),
  ['observation', 'tool'],
])
const names: ReadonlyMap<string, string> = new Map([...roles].map(([name, role]) => [role, name]))

/** The messages of a turn, of a list of turns, or of a text that the assistant answers. */
export function turnsOf(value: unknown, field: string): Message[] {
  if (typeof value === 'string') return assistantMessage(value)
  if (!Array.isArray(value)) return [turnOf(value, field)]
  return value.map((item: unknown, index) => turnOf(item, `${field}[${index}]`))
}

function turnOf(value: unknown, field: string): Message {
  if (!isObject(value)) throw fieldError(field, value, 'a turn {"from", "value"}')
  const [nameField, textField] = 'from' in value ? (['from', 'value'] as const) : (['role', 'content'] as const)
  const { [nameField]: name, [textField]: text, ...others } = value
  if (typeof name !== 'string' || name === '') throw fieldError(`${field}.${nameField}`, name, 'who speaks, as text')
  if (typeof text !== 'string') throw fieldError(`${field}.${textField}`, text, 'text')
  return { ...others, role: roles.get(name) ?? name, content: text }
}

function writtenTurn({ role, content, ...others }: Message): Row {
  return { from: names.get(role) ?? role, value: content, ...others }
}

function writtenTurns(messages: readonly Message[], isTurnAlone: boolean): Row | readonly Row[] {
  const [first] = messages
  return isTurnAlone && first && messages.length === 1 ? writtenTurn(first) : messages.map(writtenTurn)
}
