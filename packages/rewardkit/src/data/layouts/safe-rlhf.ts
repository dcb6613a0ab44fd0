import { buildGroup } from '../build.ts'
import { fieldError, type Row } from '../fields.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { assistantMessage, userMessage } from './messages.ts'

const labels = { better: 'better_response_id', safer: 'safer_response_id' } as const

/**
 * PKU-SafeRLHF (PKU-Alignment/PKU-SafeRLHF): two judgements about the same two responses, of which `safeRlhfLabel`
 * chooses one: the more helpful (`better_response_id`) or the safer one (`safer_response_id`). Each is 0 or 1, an index.
 * Both stay in `meta`, with what else is known of the responses. There is no margin.
 */
export const safeRlhfLayout: Layout<'safe-rlhf'> = {
  name: 'safe-rlhf',
  example: { prompt: 'Hi', response_0: 'a', response_1: 'b', better_response_id: 0, safer_response_id: 1 },
  recognises: (row) =>
    ['prompt', 'response_0', 'response_1'].every((column) => isPresent(row, column)) &&
    Object.values(labels).some((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const preference = judged(indexField(row, labels[options.safeRlhfLabel]), options)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: defaultId,
      form: 'messages',
      prompt: userMessage(textField(row, 'prompt')),
      responses: ['response_0', 'response_1'].map((column) => assistantMessage(textField(row, column))),
      preferences: [preference],
      meta: otherColumns(row, ['prompt', 'response_0', 'response_1']),
    })
  },
  /** The two judgements that the row had, where one of them is the preference of the group; else the preference twice. */
  write: (group) =>
    comparisonsOf(group).flatMap(({ responses: [first, second], better }) => {
      if (better === null) return []
      const isKept = Object.values(labels).some((column) => group.meta?.[column] === better)
      return {
        ...group.meta,
        prompt: singleText(group.prompt, 'prompt'),
        response_0: singleText(first, 'first response'),
        response_1: singleText(second, 'second response'),
        ...(isKept ? {} : { [labels.better]: better, [labels.safer]: better }),
      }
    }),
}

function indexField(row: Row, field: string): 0 | 1 {
  const value = row[field]
  if (value === 0 || value === 1) return value
  throw fieldError(field, value, '0 or 1, the better of response_0 and response_1')
}
