import { buildGroup, type TextParts, wholeConversations } from '../build.ts'
import { fieldError, isObject, optionalName, type Row } from '../fields.ts'
import type { Message } from '../group.ts'
import { decidedPairsOf, otherColumns, type RowFormat } from './format.ts'
import { eachPreferred } from './lists.ts'

const own = ['id', 'system', 'conversations', 'chosen', 'rejected', 'subset']

/**
 * Pairs in ShareGPT's turns {from, value}, as LLaMA-Factory ranks them: `conversations` is the prompt, `chosen` and
 * `rejected` are a turn each, or a list of turns. Without `conversations` both are whole conversations. `human` is the
 * user, `gpt` the assistant and `observation` what a tool said; other names are kept as they are. Turns {role, content}
 * are read, too. `system` is the system turn in front.
 */
export const sharegptFormat: RowFormat = {
  name: 'sharegpt',
  recognises: ({ conversations, chosen, rejected }) =>
    [chosen, rejected].every((value) => isTurn(value) || isTurnList(value)) &&
    (Array.isArray(conversations) || isTurnList(chosen)),
  read: (row, { defaultId, options }) =>
    buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      ...partsOf(row),
      preferences: eachPreferred(1, 1, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, own),
    }),
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
  const { conversations, system } = row
  const front: Message[] = typeof system === 'string' && system !== '' ? [{ role: 'system', content: system }] : []
  const responses = ['chosen', 'rejected'].map((field) => turnsOf(row[field], field))
  if (conversations !== undefined && conversations !== null)
    return { form: 'messages', prompt: [...front, ...turnsOf(conversations, 'conversations')], responses }
  return wholeConversations(responses.map((turns) => [...front, ...turns]))
}

const isTurn = (value: unknown): value is Row => isObject(value) && 'from' in value && 'value' in value
const isTurnList = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isTurn)

const roles: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['gpt', 'assistant'],
  ['observation', 'tool'],
])
const names: ReadonlyMap<string, string> = new Map([...roles].map(([name, role]) => [role, name]))

/** The messages of a turn, or of a list of turns. */
export function turnsOf(value: unknown, field: string): Message[] {
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
