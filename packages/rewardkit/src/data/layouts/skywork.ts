import { buildGroup, wholeConversations } from '../build.ts'
import { optionalName, textOrMessages, type Row, fieldError } from '../fields.ts'
import type { Message } from '../group.ts'
import { otherColumns, decidedPairsOf, type Layout } from './layout.ts'
import { eachPreferred } from './lists.ts'

/**
 * Skywork-Reward-Preference-80K (Skywork, v0.1 and v0.2): a row is `chosen` and `rejected`, whole conversations, and
 * `source`, which is the subset. Only that distinguishes it from pairs without a prompt column: a row is recognised by
 * having these three columns and no other, so nothing else is written.
 */
export const skyworkLayout: Layout<'skywork'> = {
  name: 'skywork',
  example: {
    chosen: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    rejected: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    source: 'magpie',
  },
  recognises: (row) =>
    Object.keys(row).toSorted().join(' ') === 'chosen rejected source' &&
    Array.isArray(row['chosen']) &&
    Array.isArray(row['rejected']),
  read: (row, { defaultId, options }) =>
    buildGroup({
      id: defaultId,
      ...wholeConversations([conversation(row, 'chosen'), conversation(row, 'rejected')]),
      preferences: eachPreferred(1, 1, options),
      subset: optionalName(row, 'source'),
      meta: otherColumns(row, ['chosen', 'rejected', 'source']),
    }),
  write: (group) =>
    decidedPairsOf(group).map(({ chosen, rejected }) => ({
      chosen: [...group.prompt, ...chosen],
      rejected: [...group.prompt, ...rejected],
      source: group.subset ?? null,
    })),
}

function conversation(row: Row, field: string): readonly Message[] {
  const messages = textOrMessages(row[field], field)
  if (typeof messages === 'string' || messages.length === 0) throw fieldError(field, row[field], 'a conversation')
  return messages
}
