import {
  buildGroup,
  conversation,
  startsWith,
  type TextOrMessages,
  type TextParts,
  wholeConversations,
} from '../build.ts'
import { fieldError, textOrMessages, type Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { commonFields, isPresent, judgement, judgementColumns, promptField, type RowFormat } from './format.ts'

/**
 * `chosen` and `rejected`, with or without `prompt`, each as text or as messages: TRL's four preference shapes and the
 * mixtures in use. Without `prompt`, texts are whole texts and the shared leading messages of conversations are the
 * prompt. A conversation that repeats the prompt column at its start (as UltraFeedback's do) is cut behind it.
 */
export const pairFormat: RowFormat = {
  name: 'preference pair',
  recognises: (row) => isPresent(row, 'chosen') || isPresent(row, 'rejected'),
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

function split(prompt: TextOrMessages | undefined, chosen: TextOrMessages, rejected: TextOrMessages): TextParts {
  if (typeof chosen === 'string' || typeof rejected === 'string') {
    if (typeof chosen === typeof rejected) return conversation(prompt, [chosen, rejected])
    throw fieldError('rejected', rejected, `the same kind as "chosen": text in both or messages in both`)
  }
  if (prompt === undefined) return wholeConversations([chosen, rejected])
  const turns = conversation(prompt, []).prompt
  const pair = [chosen, rejected]
  const repeats = pair.every((messages) => messages.length > turns.length && startsWith(messages, turns))
  return conversation(turns, repeats ? pair.map((messages) => messages.slice(turns.length)) : pair)
}
