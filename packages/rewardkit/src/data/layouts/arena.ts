import { InputError } from '../../errors.ts'
import { buildGroup, wholeConversations } from '../build.ts'
import { fieldError, optionalName, textOrMessages, type Row } from '../fields.ts'
import type { Message } from '../group.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout } from './layout.ts'
import { isWantedLanguage } from './language.ts'

const own = ['conversation_a', 'conversation_b', 'winner', 'turn']
const bothBad = 'tie (bothbad)'

/**
 * lmsys/chatbot_arena_conversations: conversations of a user with two models, and which was better as a whole. From the
 * second turn on the two differ. So the prompt is the first turn of the user (more if the answers happen to be equal),
 * and each response is the rest of its conversation. Option `turns` takes the first answers only, or only conversations
 * of one turn. There is no margin. The language, by its English name, is the subset.
 */
export const arenaLayout: Layout<'arena'> = {
  name: 'arena',
  example: {
    question_id: 'q',
    model_a: 'a',
    model_b: 'b',
    winner: 'model_a',
    conversation_a: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    conversation_b: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
  },
  recognises: (row) => ['conversation_a', 'conversation_b', 'winner'].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const conversations = [conversationOf(row, 'conversation_a'), conversationOf(row, 'conversation_b')]
    const [first = [], second = []] = conversations
    if (first[0]?.content !== second[0]?.content)
      throw fieldError(
        'conversation_b[0].content',
        second[0]?.content,
        'the first turn of conversation_a, word for word',
      )
    const winner = winnerOf(row)
    const preference = judged(winner, options)
    if (!isWantedLanguage(row, 'language', options)) return { skipped: 'language' }
    if (options.turns === 'single' && conversations.some((messages) => messages.length > 2))
      return { skipped: 'multi_turn' }
    if ('skipped' in preference) return preference
    const judgedTurns =
      options.turns === 'first' ? conversations.map((messages) => messages.slice(0, 2)) : conversations
    return buildGroup({
      id: optionalName(row, 'question_id') ?? defaultId,
      ...wholeConversations(judgedTurns),
      preferences: [preference],
      subset: optionalName(row, 'language'),
      meta: { ...otherColumns(row, own), ...(row['winner'] === bothBad ? { winner: bothBad } : {}) },
    })
  },
  write(group) {
    const { winner, ...meta } = group.meta ?? {}
    if (group.prompt[0]?.role !== 'user')
      throw new InputError('the prompt does not open with a turn of the user, as the conversations of this layout do', {
        remedy: 'write pairs or groups',
      })
    return comparisonsOf(group).map(({ responses, better }) => {
      const [first, second] = responses.map((response) => [...group.prompt, ...response])
      return {
        question_id: group.id,
        ...(group.subset === undefined ? {} : { language: group.subset }),
        ...otherColumns(meta, own),
        winner: better === null ? (winner === bothBad ? bothBad : 'tie') : better === 0 ? 'model_a' : 'model_b',
        conversation_a: first,
        conversation_b: second,
        turn: first?.filter(({ role }) => role === 'user').length,
      }
    })
  },
}

/** A conversation that opens with the user and has an answer. */
function conversationOf(row: Row, column: string): Message[] {
  const messages = textOrMessages(row[column], column)
  if (typeof messages === 'string') throw fieldError(column, messages, 'a list of messages {"role", "content"}')
  if (messages.length < 2) throw fieldError(column, messages, 'a turn of the user and an answer')
  if (messages[0]?.role !== 'user') throw fieldError(`${column}[0].role`, messages[0]?.role, '"user"')
  return messages
}

function winnerOf({ winner }: Row): 0 | 1 | null {
  if (winner === 'model_a') return 0
  if (winner === 'model_b') return 1
  if (winner === 'tie' || winner === bothBad) return null
  throw fieldError('winner', winner, `model_a, model_b, tie or ${bothBad}`)
}
