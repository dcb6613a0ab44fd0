import { at } from '../../at.ts'
import { buildGroup } from '../build.ts'
import { numberError, optionalName, type Row } from '../fields.ts'
import {
  type Comparison,
  comparisonsOf,
  isPresent,
  judged,
  otherColumns,
  type Layout,
  singleText,
  textField,
} from './layout.ts'
import { assistantMessage, userMessage } from './messages.ts'

const own = ['instruction', 'output_1', 'output_2', 'preference', 'dataset']

/**
 * Annotations of AlpacaEval (tatsu-lab/alpaca_eval, results/MODEL/JUDGE/annotations.json). `preference` is 1 +
 * P(output_2 is better). It is a number between 1 and 2 from a judge that is read by its probabilities
 * (weighted_alpaca_eval_gpt4_turbo), and just 1 or 2 from others. A draw is 1.5 (0 in old files, which AlpacaEval's own
 * code also takes for one). The margin is 2 |preference - 1.5|, and the probability that of the chosen output. A
 * preference of null means that the judge gave none, and is left out as `no_preference`. `dataset` is the subset;
 * generators and judge stay in `meta`.
 */
export const alpacaevalLayout: Layout<'alpacaeval'> = {
  name: 'alpacaeval',
  example: { instruction: 'Hi', output_1: 'a', output_2: 'b', preference: 1.2, annotator: 'j', dataset: 'koala' },
  recognises: (row) =>
    ['instruction', 'output_1', 'output_2'].every((column) => isPresent(row, column)) && 'preference' in row,
  read(row, { defaultId, options }) {
    const prompt = userMessage(textField(row, 'instruction'))
    const responses = ['output_1', 'output_2'].map((column) => assistantMessage(textField(row, column)))
    if (!isPresent(row, 'preference')) return { skipped: 'no_preference' }
    const value = preferenceOf(row)
    const distance = Math.abs(value - 1.5)
    const preference = judged(value === 1.5 ? null : value < 1.5 ? 0 : 1, options, 2 * distance)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: defaultId,
      form: 'messages',
      prompt,
      responses,
      preferences: [{ ...preference, probability: 0.5 + distance }],
      subset: optionalName(row, 'dataset'),
      meta: otherColumns(row, own),
    })
  },
  write: (group) =>
    comparisonsOf(group).map((comparison, index) => ({
      ...group.meta,
      ...(group.subset === undefined ? {} : { dataset: group.subset }),
      instruction: singleText(group.prompt, 'prompt'),
      output_1: singleText(comparison.responses[0], 'first response'),
      output_2: singleText(comparison.responses[1], 'second response'),
      preference: writtenPreference(comparison, at(group.preferences, index).probability),
    })),
}

function preferenceOf(row: Row): number {
  const { preference } = row
  if (preference === 0) return 1.5
  if (typeof preference === 'number' && preference >= 1 && preference <= 2) return preference
  throw numberError('preference', preference, 'a number between 1 (output_1) and 2 (output_2), or 0')
}

/** From the margin where it is one of this layout, else from the probability; 1 or 2 where there is neither. */
function writtenPreference({ better, margin }: Comparison, probability = 1): number {
  if (better === null) return 1.5
  const distance = margin !== undefined && margin > 0 && margin <= 1 ? margin / 2 : probability - 0.5
  return better === 0 ? 1.5 - distance : 1.5 + distance
}
