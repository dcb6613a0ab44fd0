import { buildGroup, conversation, conversationKey, type GroupParts, type TextOrMessages } from '../build.ts'
import { fieldError, textOrMessages, type Row } from '../fields.ts'
import type { Group, Message } from '../group.ts'
import { commonFields, judgement, judgementColumns, promptField, type RowFormat } from './format.ts'

/**
 * `chosen` and `rejected`, with or without `prompt`, each as text or as messages: TRL's four preference shapes and the
 * mixtures in use. Without `prompt`, texts are whole texts and the shared leading messages of conversations are the
 * prompt. A conversation that repeats the prompt column at its start (as UltraFeedback's do) is cut behind it.
 */
export const pairFormat: RowFormat = {
  name: 'preference pair',
  recognises: (row) => 'chosen' in row || 'rejected' in row,
  toGroup(row: Row, defaultId: string): Group {
    const prompt = promptField(row)
    const chosen = textOrMessages(row['chosen'], 'chosen')
    const rejected = textOrMessages(row['rejected'], 'rejected')
    return buildGroup({
      ...commonFields(row, defaultId, ['prompt', 'chosen', 'rejected', ...judgementColumns]),
      ...split(prompt, chosen, rejected),
      preferences: [{ chosen: 0, rejected: 1, ...judgement(row) }],
    })
  },
}

type Conversation = Pick<GroupParts, 'form' | 'prompt' | 'responses'>

function split(prompt: TextOrMessages | undefined, chosen: TextOrMessages, rejected: TextOrMessages): Conversation {
  if (typeof chosen === 'string' || typeof rejected === 'string') {
    if (typeof chosen === typeof rejected) return conversation(prompt, [chosen, rejected])
    throw fieldError('rejected', rejected, `the same kind as "chosen": text in both or messages in both`)
  }
  if (prompt === undefined) return { form: 'messages', ...sharedTurns([chosen, rejected]) }
  const turns = conversation(prompt, []).prompt
  const pair = [chosen, rejected]
  const repeats = pair.every((messages) => messages.length > turns.length && startsWith(messages, turns))
  return conversation(turns, repeats ? pair.map((messages) => messages.slice(turns.length)) : pair)
}

/**
 * The leading messages that all conversations share, up to their last common turn that is not the assistant's, as the
 * prompt, and what follows in each as its response, which keeps at least one message.
 */
function sharedTurns(conversations: readonly (readonly Message[])[]): Pick<Conversation, 'prompt' | 'responses'> {
  const [first = [], ...others] = conversations
  const longest = Math.min(...conversations.map((messages) => messages.length - 1))
  let length = 0
  while (
    length < longest &&
    others.every((messages) => startsWith(messages.slice(length), first.slice(length, length + 1)))
  ) {
    length++
  }
  while (length > 0 && first[length - 1]?.role === 'assistant') length--
  return { prompt: first.slice(0, length), responses: conversations.map((messages) => messages.slice(length)) }
}

function startsWith(messages: readonly Message[], start: readonly Message[]): boolean {
  return conversationKey(messages.slice(0, start.length)) === conversationKey(start)
}
