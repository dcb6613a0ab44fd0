import { InputError } from '../../errors.ts'
import { buildGroup } from '../build.ts'
import { fieldError, type Row } from '../fields.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { assistantMessage, userMessage } from './messages.ts'

const own = ['input', 'output_1', 'output_2', 'label']

/** LLMBar (princeton-nlp/LLMBar): two outputs to an instruction; `label` is 1 or 2, the better one. There are no ties. */
export const llmbarLayout: Layout<'llmbar'> = {
  name: 'llmbar',
  example: { input: 'Hi', output_1: 'a', output_2: 'b', label: 1 },
  recognises: (row) => own.every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const preference = judged(labelOf(row), options)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: defaultId,
      form: 'messages',
      prompt: userMessage(textField(row, 'input')),
      responses: ['output_1', 'output_2'].map((column) => assistantMessage(textField(row, column))),
      preferences: [preference],
      meta: otherColumns(row, own),
    })
  },
  write: (group) =>
    comparisonsOf(group).map(({ responses: [first, second], better }) => {
      if (better === null) throw new InputError('found a tie; this layout has none', { remedy: 'write pairs' })
      return {
        ...group.meta,
        input: singleText(group.prompt, 'prompt'),
        output_1: singleText(first, 'first response'),
        output_2: singleText(second, 'second response'),
        label: better + 1,
      }
    }),
}

function labelOf(row: Row): 0 | 1 {
  const { label } = row
  if (label === 1) return 0
  if (label === 2) return 1
  throw fieldError('label', label, '1 (output_1 is better) or 2 (output_2 is)')
}
