import { InputError } from '../../errors.ts'
import { fieldError, numberError, type Row } from '../fields.ts'
import { judgedByScore, type Layout } from '../layouts/layout.ts'
import { groupLayout } from '../layouts/response.ts'
import { createJudgements, columnsOf, type Judgements, noteCount } from './judgements.ts'
import { listGroup, listOf } from './list-columns.ts'

/**
 * Answers in several columns or in a list, with `ranks` (1 is the best) or with `scores` (the highest is the best).
 * Columns may have neither: then the best comes first. Any two of different rank or score make a pair. The margin is
 * the difference of their scores. For ranks it is the distance divided by the largest possible one, so the first and
 * the last are 1 apart. An empty cell means that there is no answer. Equal ranks or scores are ties.
 */
export const rankingLayout: Layout<'rankings'> = {
  name: 'rankings',
  recognises: (row) => 'responses' in row,
  read(row, { defaultId, options, judgements = createJudgements(options) }) {
    const columns = columnsOf(judgements, 'responses')
    const all = listOf(row['responses'])
    if (!all) throw fieldError(columns.join(', '), row['responses'], 'a list of answers')
    const given = scoresOf(row, all, judgements)
    const isThere = (index: number) => all[index] !== null && all[index] !== '' && all[index] !== undefined
    const answers = all.filter((_, index) => isThere(index))
    const kept = given.scores.filter((_, index) => isThere(index))
    const scores = given.areRanks ? byPlace(kept) : kept
    if (answers.length < all.length) noteCount(judgements, 'rows with an empty answer')
    if (answers.length < 2) return { skipped: 'single_response' }
    const unit = given.areRanks ? answers.length - 1 : 1
    const { preferences, skipped } = judgedByScore(scores, options, unit)
    if (preferences.length === 0) return skipped
    return [listGroup(row, defaultId, answers, preferences, ['ranks', 'scores']), ...skipped]
  },
  write: (group) => groupLayout.write(group),
}

/** A score for each answer, the highest for the best. */
function scoresOf(
  row: Row,
  answers: readonly unknown[],
  judgements: Judgements,
): { readonly scores: readonly number[]; readonly areRanks: boolean } {
  const name = ['ranks', 'scores'].find((one) => one in row)
  if (name === undefined) {
    noteCount(judgements, 'rows in the order of their columns')
    return { scores: answers.map((_, index) => -1 - index), areRanks: true }
  }
  const field = columnsOf(judgements, name).join(', ')
  const values = listOf(row[name]) ?? separated(row[name])
  if (!values) throw fieldError(field, row[name], `a list of ${answers.length} numbers`)
  if (values.length !== answers.length)
    throw new InputError(`"${field}": found ${values.length} ${name} for ${answers.length} answers`, {
      remedy: 'each answer needs one',
    })
  const numbers = values.map((value, index) => {
    if (answers[index] === null || answers[index] === '') return 0
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value.trim()) : value
    if (typeof number === 'number' && Number.isFinite(number)) return number
    throw numberError(`${field}[${index}]`, value, 'a number')
  })
  noteCount(judgements, name)
  return name === 'scores'
    ? { scores: numbers, areRanks: false }
    : { scores: numbers.map((rank) => -rank), areRanks: true }
}

/** 0 for the best, -1 for the next: gaps between ranks do not count. */
function byPlace(scores: readonly number[]): number[] {
  const order = [...new Set(scores)].toSorted((one, other) => other - one)
  return scores.map((score) => -order.indexOf(score))
}

/** Numbers in one text, as in a cell: `2, 1, 3`. */
function separated(value: unknown): readonly string[] | undefined {
  if (typeof value !== 'string' || !/\d\s*[,;|\s]\s*-?\d/.test(value)) return undefined
  return value.trim().split(/\s*[,;|]\s*|\s+/)
}
