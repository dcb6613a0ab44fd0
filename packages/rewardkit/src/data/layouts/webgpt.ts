import { InputError } from '../../errors.ts'
import { buildGroup } from '../build.ts'
import { fieldError, numberError, isObject, optionalName, type Row } from '../fields.ts'
import type { Group } from '../group.ts'
import {
  type Comparison,
  comparisonsOf,
  isPresent,
  judged,
  otherColumns,
  type Reading,
  type RowContext,
  type Layout,
  singleText,
} from './layout.ts'

const own = ['question', 'answer_0', 'answer_1', 'score_0', 'score_1']

/**
 * openai/webgpt_comparisons: two answers to a question and the strength of the preference, of which one is the negative
 * of the other. The answer whose score is above 0 is preferred, by a margin of that score, as given; two zeros are a tie.
 * Quotes and tokens stay in `meta`. The data set of the question (eli5, triviaqa, ...) is the subset.
 */
export const webgptLayout: Layout<'webgpt'> = {
  name: 'webgpt',
  example: {
    question: { dataset: 'eli5', id: 'q', full_text: 'Why?' },
    answer_0: 'a',
    answer_1: 'b',
    score_0: 1,
    score_1: -1,
    quotes_0: {},
    quotes_1: {},
  },
  recognises: (row) =>
    isObject(row['question']) &&
    ['answer_0', 'answer_1', 'score_0', 'score_1'].every((column) => isPresent(row, column)),
  read: (row, context) => readAnswers(row, (column, side) => `${column}_${side}`, context),
  write: (group) => comparisonsOf(group).map((comparison) => rowOf(group, comparison)),
}

/**
 * The layout of the original release: a line is a list of two objects {question, quotes, answer, tokens, score}, and
 * comes as a row with the columns `0` and `1`. It is written as such a row, which JSON Lines put down as a list.
 */
export const webgptRawLayout: Layout<'webgpt-raw'> = {
  name: 'webgpt-raw',
  example: {
    0: { question: { dataset: 'eli5', id: 'q', full_text: 'Why?' }, quotes: {}, answer: 'a', score: 1 },
    1: { question: { dataset: 'eli5', id: 'q', full_text: 'Why?' }, answer: 'b', score: -1 },
  },
  recognises: (row) => sides.every((side) => isObject(row[side]) && isPresent(row[side], 'answer')),
  read(row, context) {
    const [first, second] = sides.map((side) => {
      const answer = row[side]
      if (!isObject(answer)) throw fieldError(String(side), answer, 'an object {question, quotes, answer, score}')
      return answer
    })
    const texts = [first, second].map((answer, side) => questionOf(answer ?? {}, `${side}.question`).full_text)
    if (texts[0] !== texts[1]) throw fieldError('1.question.full_text', texts[1], 'the question of the first answer')
    const columns = [first, second].flatMap((answer, side) =>
      Object.entries(answer ?? {}).map(([column, value]) => [`${column}_${side}`, value] as const),
    )
    const { question_0: question, question_1: _, ...others } = Object.fromEntries(columns)
    return readAnswers({ ...others, question }, (column, side) => `${side}.${column}`, context)
  },
  write: (group) =>
    comparisonsOf(group).map((comparison) => {
      const row = rowOf(group, comparison)
      const answer = (side: 0 | 1) => ({
        question: row['question'],
        ...Object.fromEntries(
          Object.entries(row)
            .filter(([column]) => column.endsWith(`_${side}`))
            .map(([column, value]) => [column.slice(0, -2), value]),
        ),
      })
      return { 0: answer(0), 1: answer(1) }
    }),
}

const sides = [0, 1] as const

/** @param name what a column of one of the two answers is called in the file */
function readAnswers(
  row: Row,
  name: (column: string, side: 0 | 1) => string,
  { defaultId, options }: RowContext,
): Reading {
  const { full_text: prompt, ...question } = questionOf(row)
  const scores = sides.map((side) => {
    const score = row[`score_${side}`]
    if (typeof score === 'number' && Number.isFinite(score)) return score
    throw numberError(name('score', side), score, 'a finite number')
  })
  const answers = sides.map((side) => {
    const answer = row[`answer_${side}`]
    if (typeof answer !== 'string') throw fieldError(name('answer', side), answer, 'text')
    return options.citations === 'strip' ? withoutCitations(answer) : answer
  })
  const [first = 0, second = 0] = scores
  if (Math.abs(first + second) > 1e-6)
    throw fieldError(name('score', 1), second, `${-first}, for the two scores sum to 0`)
  const preference =
    first === second ? judged(null, options) : judged(first > second ? 0 : 1, options, Math.max(first, second))
  if ('skipped' in preference) return preference
  return buildGroup({
    id: optionalName(question, 'id') ?? defaultId,
    form: 'messages',
    prompt: [{ role: 'user', content: prompt }],
    responses: answers.map((content) => [{ role: 'assistant', content }]),
    preferences: [preference],
    subset: optionalName(question, 'dataset'),
    meta: { question: otherColumns(question, ['dataset']), ...otherColumns(row, own) },
  })
}

function questionOf({ question }: Row, field = 'question'): Row & { full_text: string } {
  if (!isObject(question)) throw fieldError(field, question, 'an object with "full_text"')
  const { full_text } = question
  if (typeof full_text !== 'string') throw fieldError(`${field}.full_text`, full_text, 'text')
  return { ...question, full_text }
}

/** References such as [1], [1, 2] and [1][2], with the space in front of them. */
function withoutCitations(answer: string): string {
  return answer.replaceAll(/ ?(?:\[\d{1,2}(?:, ?\d{1,2})*\])+/g, '')
}

function rowOf(group: Group, { responses, better, margin }: Comparison): Row {
  if (better !== null && (margin === undefined || margin <= 0))
    throw new InputError(
      `found ${margin === undefined ? 'no margin' : `the margin ${margin}`}; this layout holds the strength of a preference, a number above 0`,
      { remedy: 'write pairs or groups' },
    )
  const score = better === null ? 0 : (margin ?? 0)
  const known = group.meta?.['question']
  const [first, second] = responses
  return {
    ...otherColumns(group.meta ?? {}, own),
    question: {
      ...(group.subset === undefined ? {} : { dataset: group.subset }),
      id: group.id,
      ...(isObject(known) ? known : {}),
      full_text: singleText(group.prompt, 'prompt'),
    },
    answer_0: singleText(first, 'response'),
    answer_1: singleText(second, 'response'),
    score_0: better === 1 ? -score : score,
    score_1: better === 0 ? -score : score,
  }
}
