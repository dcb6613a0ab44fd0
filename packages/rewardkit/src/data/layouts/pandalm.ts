import { buildGroup } from '../build.ts'
import { fieldError, optionalName, type Row } from '../fields.ts'
import type { Group } from '../group.ts'
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

const annotators = ['annotator1', 'annotator2', 'annotator3'] as const

/**
 * The human test set of PandaLM (WeOpenML/PandaLM, data/testset-v1.json): two responses to an instruction with an
 * input, and three annotators who say 1, 2 or 0 (similar). If two of them agree, that counts; otherwise it is a tie.
 * The margin is the difference of the votes for the two divided by 3: 1, 2/3 (two against a 0) or 1/3 (two against
 * one). The prompt is the instruction, an empty line, and the input; `motivation_app` is the subset. Six rows of the
 * file have `true` or `false` as a response and are errors. (The README shows another layout, with label_0 to label_2
 * as text; no file of the repository has it.)
 */
export const pandalmLayout: Layout<'pandalm'> = {
  name: 'pandalm',
  example: {
    instruction: 'Hi',
    input: '',
    response1: 'a',
    response2: 'b',
    annotator1: 1,
    annotator2: 1,
    annotator3: 0,
  },
  recognises: (row) =>
    ['instruction', 'response1', 'response2', ...annotators].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const instruction = textField(row, 'instruction')
    const input = isPresent(row, 'input') ? textField(row, 'input') : ''
    const responses = ['response1', 'response2'].map((column) => assistantMessage(textField(row, column)))
    const votes = annotators.map((annotator) => voteOf(row, annotator))
    const count = (side: 1 | 2) => votes.filter((vote) => vote === side).length
    const [first, second] = [count(1), count(2)]
    const better = first >= 2 ? 0 : second >= 2 ? 1 : null
    const preference = judged(better, options, Math.abs(first - second) / annotators.length)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: optionalName(row, 'idx') ?? defaultId,
      form: 'messages',
      prompt: userMessage(input === '' ? instruction : `${instruction}\n\n${input}`),
      responses,
      preferences: [preference],
      subset: optionalName(row, 'motivation_app'),
      meta: otherColumns(row, ['idx', 'motivation_app', 'instruction', 'response1', 'response2']),
    })
  },
  write: (group) =>
    comparisonsOf(group).map((comparison) => ({
      ...group.meta,
      idx: group.id,
      ...(group.subset === undefined ? {} : { motivation_app: group.subset }),
      ...writtenPrompt(group),
      response1: singleText(comparison.responses[0], 'first response'),
      response2: singleText(comparison.responses[1], 'second response'),
      ...votesOf(comparison, group.meta),
    })),
}

function voteOf(row: Row, annotator: string): 0 | 1 | 2 {
  const vote = row[annotator]
  if (vote === 0 || vote === 1 || vote === 2) return vote
  throw fieldError(annotator, vote, '1 or 2, the better response, or 0')
}

/** The prompt parted again where its end is the input that the row had. */
function writtenPrompt({ prompt, meta }: Group): Row {
  const text = singleText(prompt, 'prompt')
  const input = meta?.['input']
  const end = typeof input === 'string' && input !== '' ? `\n\n${input}` : undefined
  if (end !== undefined && text.endsWith(end)) return { instruction: text.slice(0, -end.length), input }
  return { instruction: text, input: '' }
}

/** The votes that the row had, where they still say the same; else such as give the margin, or the nearest. */
function votesOf({ better, margin = 1 }: Comparison, meta: Group['meta']): Row {
  const known = annotators.map((annotator) => meta?.[annotator])
  const count = (side: number) => known.filter((vote) => vote === side).length
  const chosen = (better ?? 0) + 1
  const rejected = 3 - chosen
  const isKept =
    better === null
      ? count(1) < 2 && count(2) < 2 && known.every((vote) => typeof vote === 'number')
      : count(chosen) >= 2 && (count(chosen) - count(rejected)) / annotators.length === margin
  if (isKept) return {}
  if (better === null) return { annotator1: 0, annotator2: 0, annotator3: 0 }
  const third = margin > 5 / 6 ? chosen : margin > 1 / 2 ? 0 : rejected
  return { annotator1: chosen, annotator2: chosen, annotator3: third }
}
