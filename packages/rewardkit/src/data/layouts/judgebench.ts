import { buildGroup } from '../build.ts'
import { fieldError, optionalName, type Row } from '../fields.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { assistantMessage, userMessage } from './messages.ts'

const own = ['pair_id', 'source', 'question', 'response_A', 'response_B', 'label']

/**
 * JudgeBench (ScalerLab/JudgeBench): two responses of one model, of which one is correct; `label` is "A>B" or "B>A"
 * ("A=B", which its code knows and its data has not, is a tie). `source` is the subset.
 */
export const judgebenchLayout: Layout<'judgebench'> = {
  name: 'judgebench',
  example: { pair_id: 'p', source: 's', question: 'Hi', response_A: 'a', response_B: 'b', label: 'A>B' },
  recognises: (row) => ['question', 'response_A', 'response_B', 'label'].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const preference = judged(betterOf(row), options)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: optionalName(row, 'pair_id') ?? defaultId,
      form: 'messages',
      prompt: userMessage(textField(row, 'question')),
      responses: ['response_A', 'response_B'].map((column) => assistantMessage(textField(row, column))),
      preferences: [preference],
      subset: optionalName(row, 'source'),
      meta: otherColumns(row, own),
    })
  },
  write: (group) =>
    comparisonsOf(group).map(({ responses: [first, second], better }) => ({
      ...group.meta,
      pair_id: group.id,
      ...(group.subset === undefined ? {} : { source: group.subset }),
      question: singleText(group.prompt, 'prompt'),
      response_A: singleText(first, 'first response'),
      response_B: singleText(second, 'second response'),
      label: better === null ? 'A=B' : better === 0 ? 'A>B' : 'B>A',
    })),
}

function betterOf(row: Row): 0 | 1 | null {
  const { label } = row
  if (label === 'A>B') return 0
  if (label === 'B>A') return 1
  if (label === 'A=B') return null
  throw fieldError('label', label, '"A>B", "B>A" or "A=B"')
}
