import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { fieldError, isObject, optionalName, type Row } from '../fields.ts'
import type { Group, Preference } from '../group.ts'
import { isPresent, judgedByScore, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { assistantMessage, promptMessages, writtenPrompt } from './messages.ts'
import { marginScores, rankedGroup, scoresOf } from './ranking.ts'

const prompts = ['prompt', 'instruction', 'question', 'input'] as const

/**
 * Records of Argilla with two or more responses in numbered fields, such as `response_1` and `response_2`. People
 * answered one question that ranks them or names the better one, or rated each (`response_1-rating`). The answers of a
 * question are in `NAME.responses` with `NAME.responses.status` (Argilla 2), or in `NAME` as a list of {user_id, value,
 * status} (Argilla 1). Submitted answers count, and of several their mean. Without one the suggestion counts. Ratings
 * give margins, ranks none. The answers are kept in `meta.annotations`.
 */
export const argillaLayout: Layout<'argilla'> = {
  name: 'argilla',
  example: { prompt: 'Hi', response_1: 'a', response_2: 'b', 'preference.responses': [['response_2', 'response_1']] },
  recognises: (row) =>
    promptColumn(row) !== undefined &&
    responseColumns(row).length > 1 &&
    Object.keys(row).some((name) => isAnswer(row, name)),
  read(row, { defaultId, options }) {
    const columns = responseColumns(row)
    const scores = scoresOfRow(row, columns)
    if (!scores) return { skipped: 'unrated' }
    const rated = columns.filter((_, index) => scores.values[index] !== undefined)
    const { preferences, skipped } = judgedByScore(
      scores.values.filter((score) => score !== undefined),
      options,
    )
    const prompt = promptColumn(row) ?? 'prompt'
    const answers = Object.fromEntries(Object.entries(row).filter(([name]) => isAnswer(row, name) || isAbout(name)))
    const others = otherColumns(row, ['id', 'subset', prompt, ...columns, ...Object.keys(answers)])
    const parts = {
      id: optionalName(row, 'id') ?? optionalName(row, 'external_id') ?? defaultId,
      form: 'messages' as const,
      prompt: promptMessages(row, prompt),
      responses: rated.map((column) => assistantMessage(textField(row, column))),
      subset: optionalName(row, 'subset'),
      meta: { annotations: answers, ...others },
    }
    const unrated = columns.slice(rated.length).map(() => ({ skipped: 'unrated' }))
    return rankedGroup(parts, {
      preferences: scores.areRatings ? preferences : preferences.map(withoutMargin),
      skipped: [...skipped, ...unrated],
    })
  },
  write(group) {
    const names = group.responses.map((_, index) => `response_${index + 1}`)
    return [
      {
        ...group.meta,
        id: group.id,
        ...(group.subset === undefined ? {} : { subset: group.subset }),
        prompt: writtenPrompt(group.prompt),
        ...Object.fromEntries(
          group.responses.map((response, index) => [at(names, index), singleText(response, 'response')]),
        ),
        ...writtenAnswers(group, names),
      },
    ]
  },
}

const withoutMargin = ({ chosen, rejected, probability }: Preference): Preference => ({
  chosen,
  rejected,
  ...(probability === undefined ? {} : { probability }),
})

const promptColumn = (row: Row) => prompts.find((column) => isPresent(row, column))

/** Text columns whose names differ in their number alone, in the order of the numbers. */
function responseColumns(row: Row): string[] {
  const numbered = Object.keys(row).flatMap((name) => {
    if (typeof row[name] !== 'string' || !/\d$/.test(name)) return []
    const [, stem, number] = /^(.*?)(\d+)$/.exec(name) ?? []
    return stem !== undefined ? [{ name, stem, number: Number(number) }] : []
  })
  const several = numbered.find(({ name, stem }) =>
    numbered.some((other) => other.stem === stem && other.name !== name),
  )
  return numbered
    .filter(({ stem }) => stem === several?.stem)
    .toSorted((a, b) => a.number - b.number)
    .map(({ name }) => name)
}

/** Whether a column has the answers to a question, or a suggestion for one. */
function isAnswer(row: Row, name: string): boolean {
  if (/(\.responses|[.-]suggestion)$/.test(name)) return true
  const value = row[name]
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isObject(item) && 'value' in item && 'status' in item)
  )
}

/** Who answered, whether it was handed in, how sure a suggestion is. */
const isAbout = (name: string): boolean =>
  /(\.responses\.(users|status)|\.suggestion\.\w+|-suggestion-metadata)$/.test(name)

/** A score for each response, the higher the better; undefined where nobody said anything. */
function scoresOfRow(
  row: Row,
  columns: readonly string[],
): { readonly values: readonly (number | undefined)[]; readonly areRatings: boolean } | undefined {
  const ratings = columns.map((column) => {
    const question = [`${column}-rating`, `${column}_rating`, `${column}.rating`].find(
      (name) => answersTo(row, name).length > 0,
    )
    return question === undefined ? undefined : mean(answersTo(row, question).map((value) => numberOf(value, question)))
  })
  if (ratings.some((rating) => rating !== undefined)) return { values: ratings, areRatings: true }
  const judging = questionsOf(row).flatMap((name) => {
    const answers = answersTo(row, name).map((value) => ranksOf(value, columns))
    return answers.length > 0 && answers.every((ranks) => ranks !== undefined) ? [{ name, answers }] : []
  })
  const [question, another] = judging
  if (question && another)
    throw new InputError(
      `the questions "${question.name}" and "${another.name}" both compare the responses, expected one`,
      {
        remedy: 'leave one of them out of the file',
      },
    )
  if (!question) return undefined
  return {
    values: columns.map((_, index) => -mean(question.answers.map((ranks) => at(ranks, index)))),
    areRatings: false,
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function numberOf(value: unknown, question: string): number {
  if (typeof value === 'number') return value
  throw fieldError(question, value, 'a rating, as a number')
}

const questionsOf = (row: Row): string[] => [
  ...new Set(
    Object.keys(row)
      .filter((name) => isAnswer(row, name))
      .map((name) => name.replace(/(\.responses|[.-]suggestion)$/, '')),
  ),
]

/** The answers to a question that were handed in, else the suggestion. */
function answersTo(row: Row, question: string): unknown[] {
  const values: unknown = row[`${question}.responses`]
  const status: unknown = row[`${question}.responses.status`]
  const list: unknown = row[question]
  const given = Array.isArray(values)
    ? values.map((value: unknown, index) => ({
        value,
        status: Array.isArray(status) ? (status[index] as unknown) : 'submitted',
      }))
    : Array.isArray(list)
      ? list.filter(isObject).map(({ value, status: own }) => ({ value, status: own }))
      : []
  const submitted = given.filter(
    ({ value, status: own }) => own === 'submitted' && value !== null && value !== undefined,
  )
  if (submitted.length > 0) return submitted.map(({ value }) => value)
  const suggestion = row[`${question}.suggestion`] ?? row[`${question}-suggestion`]
  return suggestion === undefined || suggestion === null ? [] : [suggestion]
}

/**
 * The rank of each response, 1 for the best, by one answer. The answer is one name alone, names from the best on, or
 * names with ranks, of which equal ones are a tie. Undefined for an answer that does not name all of them.
 */
function ranksOf(answer: unknown, columns: readonly string[]): number[] | undefined {
  if (typeof answer === 'string') {
    if (/^(tie|both|equal|same)$/i.test(answer)) return columns.map(() => 1)
    return columns.includes(answer) ? columns.map((column) => (column === answer ? 1 : 2)) : undefined
  }
  const entries = isObject(answer) ? turnedToRows(answer) : Array.isArray(answer) ? answer.map(entryOf) : []
  const ranks = columns.map((column) => entries.find((entry) => entry?.value === column)?.rank)
  return ranks.every((rank) => rank !== undefined) ? ranks : undefined
}

interface Ranked {
  readonly value: unknown
  readonly rank: number
}

function entryOf(item: unknown, index: number): Ranked | undefined {
  if (typeof item === 'string') return { value: item, rank: index + 1 }
  if (!isObject(item)) return undefined
  const { value, rank } = item
  return { value, rank: typeof rank === 'number' ? rank : index + 1 }
}

/** A list of objects as Parquet and `datasets` store it: an object of lists. */
function turnedToRows({ value, rank }: Row): (Ranked | undefined)[] {
  if (!Array.isArray(value)) return []
  return value.map((name: unknown, index) =>
    entryOf({ value: name, rank: Array.isArray(rank) ? (rank[index] as unknown) : undefined }, index),
  )
}

function writtenAnswers(group: Group, names: readonly string[]): Row {
  const hasMargins = group.preferences.some(({ margin }) => margin !== undefined)
  const scores = scoresOf(group, hasMargins ? [marginScores(group)] : [])
  if (hasMargins)
    return Object.fromEntries(names.map((name, index) => [`${name}-rating.responses`, [at(scores, index)]]))
  const rank = (score: number) => 1 + scores.filter((other) => other > score).length
  return { 'preference.responses': [names.map((value, index) => ({ value, rank: rank(at(scores, index)) }))] }
}
