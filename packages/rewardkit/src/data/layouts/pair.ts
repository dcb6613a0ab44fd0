import {
  asTurns,
  buildGroup,
  contentOf,
  conversation,
  startsWith,
  type TextOrMessages,
  type TextParts,
  wholeConversations,
} from '../build.ts'
import { InputError } from '../../errors.ts'
import { phrase, settings } from '../../phrase.ts'
import { fieldError, optionalNumber, type Row, textOrMessages } from '../fields.ts'
import type { Group, Message, Preference } from '../group.ts'
import {
  asWritten,
  commonFields,
  isPresent,
  judgement,
  judgementColumns,
  pairsOf,
  promptField,
  type Layout,
  writtenFields,
  writtenJudgement,
} from './layout.ts'
import { refuseNearMisses } from './near-misses.ts'

/**
 * `chosen` and `rejected`, with or without `prompt`, each as text or as messages: TRL's four preference shapes and
 * common mixtures of them. Without `prompt`, texts are whole texts, and the shared leading messages of conversations
 * are the prompt. If a conversation repeats the prompt column at its start (as UltraFeedback's do), it is removed
 * there.
 */
export const pairLayout: Layout<'pairs'> = {
  name: 'pairs',
  recognises: (row) => isPresent(row, 'chosen') || isPresent(row, 'rejected'),
  read(row, { defaultId }): Group {
    refuseNearMisses(row, ['prompt', 'chosen', 'rejected', ...judgementColumns])
    const prompt = promptField(row)
    const chosen = textOrMessages(row['chosen'], 'chosen')
    const rejected = textOrMessages(row['rejected'], 'rejected')
    const parts = splitPair(prompt, chosen, rejected)
    // The place that the chosen response had in the layout that the pair came in, to which columns in meta may refer.
    const isSecond = optionalNumber(row, 'chosen_position', 1, 2) === 2
    return buildGroup({
      ...commonFields(row, defaultId, ['prompt', 'chosen', 'rejected', 'chosen_position', ...judgementColumns]),
      ...parts,
      responses: isSecond ? parts.responses.toReversed() : parts.responses,
      preferences: [{ chosen: isSecond ? 1 : 0, rejected: isSecond ? 0 : 1, ...judgement(row) }],
    })
  },
  write: (group) =>
    pairsOf(group).map(({ chosen, rejected, preference }) => ({
      ...writtenFields(group),
      ...(group.prompt.length === 0 ? {} : { prompt: asWritten(group, group.prompt) }),
      chosen: asWritten(group, chosen),
      rejected: asWritten(group, rejected),
      ...position(group, preference),
      ...writtenJudgement(preference),
    })),
}

/** The same without a `prompt` column: each response is a whole text or a whole conversation, the prompt in front. */
export const implicitPairLayout: Layout<'pairs-implicit'> = {
  ...pairLayout,
  name: 'pairs-implicit',
  recognises: (row) => !isPresent(row, 'prompt') && pairLayout.recognises(row),
  write: (group) =>
    pairsOf(group).map(({ chosen, rejected, preference }) => ({
      ...writtenFields(group),
      chosen: whole(group, chosen),
      rejected: whole(group, rejected),
      ...position(group, preference),
      ...writtenJudgement(preference),
    })),
}

/** Pairs of messages alone: plain texts of prompt and response are the turns of a user and an assistant. */
export const messagesLayout: Layout<'messages'> = {
  ...pairLayout,
  name: 'messages',
  read(row, context) {
    const read = pairLayout.read(row, context)
    return 'promptId' in read ? asTurns(read) : read
  },
  write(group) {
    const { source: _, ...turns } = asTurns(group)
    if (turns.form === 'text')
      throw new InputError('a text without a prompt, in which the turns cannot be told apart', {
        remedy: phrase`name the column of the prompt (${settings({ columns: ['prompt=NAME'] })}), or write pairs`,
      })
    return pairLayout.write({ ...turns, form: 'messages' })
  },
}

/** Where the chosen response of two was the second. */
const position = ({ responses }: Group, { chosen, rejected }: Preference): Row =>
  responses.length === 2 && chosen > rejected ? { chosen_position: 2 } : {}

/** Form `text` is read as one string: the prompt, then the response. */
function whole(group: Group, response: readonly Message[]): string | readonly Message[] {
  const messages = [...group.prompt, ...response]
  return group.form === 'text' ? messages.map(contentOf).join('') : messages
}

/** Prompt and responses of a pair: texts or conversations, which may repeat the prompt. */
export function splitPair(
  prompt: TextOrMessages | undefined,
  chosen: TextOrMessages,
  rejected: TextOrMessages,
): TextParts {
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
