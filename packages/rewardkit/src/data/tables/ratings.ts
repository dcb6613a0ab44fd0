import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { option, phrase } from '../../phrase.ts'
import { createRandom } from '../../random.ts'
import { buildGroup, conversation, conversationKey } from '../build.ts'
import { type Row, textOrMessages } from '../fields.ts'
import { commonFields, promptField, type Reading, type RowContext, type Layout } from '../layouts/layout.ts'
import { groupLayout } from '../layouts/response.ts'
import type { Group, Preference } from '../group.ts'
import { valueKey } from './choices.ts'
import { columnsOf, createJudgements, type Judgements, noteCount, noteWord, UnknownJudgement } from './judgements.ts'
import { plainRating } from './rating-words.ts'

/** Pairs of one prompt where `--pairs-per-prompt` says nothing: 3,000 ratings of a greeting would make 4.5 million. */
export const mostPairsOfPrompt = 100
/** Rows of one prompt that are looked at, spread evenly where there are more. */
export const mostRatedRows = 10_000

/**
 * One rated answer per row: `prompt`, `response` and `rating`, a number or thumbs. The rows of one prompt become one
 * group; equal answers are one with the mean of their ratings. Any two answers of different ratings make a pair. The
 * higher one is better, by a margin of the difference (1 for thumbs). If there are more pairs than wanted, a seeded
 * choice is made. Rows whose prompt has no answer with another rating are left out (`without_partner`), and so are
 * those without a rating (`no_rating`). The other columns stay in `meta.ratings`, a list for each answer.
 */
export const ratingLayout: Layout<'ratings'> = {
  name: 'ratings',
  recognises: (row) => 'response' in row && 'rating' in row,
  read: (row, context) => readRatings([row], context),
  gather: {
    key: ratingKey,
    read: readRatings,
    most: mostRatedRows,
    columns: ['id', 'subset', 'meta', 'prompt', 'response', 'rating'],
  },
  write: (group) => groupLayout.write(group),
}

/** Equal for rows of one prompt. Checks the row, and keeps its rating in mind. */
export function ratingKey(
  row: Row,
  { options, judgements = createJudgements(options) }: Omit<RowContext, 'defaultId'>,
) {
  const { prompt } = checkedRow(row, judgements)
  noteRating(row['rating'], judgements)
  return typeof prompt === 'string' ? `text ${prompt}` : conversationKey(prompt)
}

function checkedRow(row: Row, judgements: Judgements) {
  const prompt = promptField(row)
  if (prompt === undefined)
    throw new InputError('found no "prompt"; ratings are compared between answers to the same prompt', {
      remedy: phrase`add prompt=COLUMN to ${option('columns')}`,
    })
  return { prompt, response: textOrMessages(row['response'], columnsOf(judgements, 'response')[0] ?? 'response') }
}

interface Answer {
  readonly response: ReturnType<typeof textOrMessages>
  readonly ratings: number[]
  /** What else the rows say, a list of their other columns. */
  readonly rows: Row[]
}

/** The group of the rows of one prompt. */
export function readRatings(rows: readonly Row[], context: RowContext, total = rows.length): Reading {
  const { defaultId, options, judgements = createJudgements(options) } = context
  if (rows.length === 0) return []
  const answers = answersOf(rows, judgements)
  const unrated = rows
    .filter((row) => ratingOf(row['rating'], judgements) === null)
    .map(() => ({ skipped: 'no_rating' }))
  const ratings = answers.map((answer) => mean(answer.ratings))
  const rated = rows.length - unrated.length
  const { pairs, possible } = pairsOf(ratings, options.pairsPerPrompt ?? mostPairsOfPrompt, defaultId)
  if (pairs.length === 0) {
    noteCount(judgements, 'rows without a partner', rated)
    return [...Array.from({ length: rated }, () => ({ skipped: 'without_partner' })), ...unrated]
  }
  if (rated > answers.length) noteCount(judgements, 'rows with an answer that came before', rated - answers.length)
  if (possible > pairs.length || total > rows.length) noteCount(judgements, 'prompts of which not all pairs are used')
  noteCount(judgements, 'rated answers', answers.length)
  noteCount(judgements, 'groups')
  noteCount(judgements, 'pairs', pairs.length)
  const unit = areSigns(judgements) ? 2 : 1
  const preferences = pairs.map(([better, worse]): Preference => ({
    chosen: better,
    rejected: worse,
    margin: (at(ratings, better) - at(ratings, worse)) / unit,
    ...(options.ties === 'half' ? { probability: 1 } : {}),
  }))
  return [groupOf(rows, answers, preferences, defaultId, judgements), ...unrated]
}

function groupOf(
  rows: readonly Row[],
  answers: readonly Answer[],
  preferences: readonly Preference[],
  defaultId: string,
  judgements: Judgements,
): Group {
  const first = at(rows, 0)
  const subsets = new Set(rows.map((row) => row['subset']))
  const { id, subset } = commonFields(first, defaultId, [])
  return buildGroup({
    id,
    subset: subsets.size === 1 ? subset : undefined,
    ...conversation(
      checkedRow(first, judgements).prompt,
      answers.map(({ response }) => response),
    ),
    preferences,
    meta: { ratings: answers.map((answer) => answer.rows) },
  })
}

/** The different answers among the rows, with all their ratings. */
function answersOf(rows: readonly Row[], judgements: Judgements): Answer[] {
  const answers = new Map<string, Answer>()
  for (const row of rows) {
    const rating = ratingOf(row['rating'], judgements)
    if (rating === null || rating === undefined) continue
    const { response } = checkedRow(row, judgements)
    const key = typeof response === 'string' ? `text ${response}` : conversationKey(response)
    const answer = answers.get(key) ?? { response, ratings: [], rows: [] }
    answers.set(key, answer)
    answer.ratings.push(rating)
    const { prompt: _, response: __, ...others } = row
    answer.rows.push(others)
  }
  return [...answers.values()]
}

/**
 * The pairs of answers with different ratings, the better one first: all, or `most` of them, drawn so that each pair is
 * as likely as the next.
 */
function pairsOf(
  ratings: readonly number[],
  most: number,
  purpose: string,
): { readonly pairs: readonly (readonly [number, number])[]; readonly possible: number } {
  const order = ratings.map((_, index) => index).toSorted((one, other) => at(ratings, one) - at(ratings, other))
  // Of the answers in the order of their ratings: how many are worse, and the number of the first pair of each.
  const starts: number[] = []
  let [worse, possible] = [0, 0]
  for (const [place, index] of order.entries()) {
    if (ratings[index] !== ratings[order[place - 1] ?? -1]) worse = place
    starts.push(possible)
    possible += worse
  }
  const pairAt = (number: number): readonly [number, number] => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (at(starts, middle) <= number) low = middle
      else high = middle - 1
    }
    return [at(order, low), at(order, number - at(starts, low))]
  }
  const drawn = new Set<number>()
  const random = createRandom(0, `pairs of ${purpose}`)
  if (possible <= most) for (let number = 0; number < possible; number++) drawn.add(number)
  // The last `most` of all numbers, each in its place or one before it: every set is equally likely (Floyd).
  else
    for (let last = possible - most; last < possible; last++) {
      const number = random.integer(last + 1)
      drawn.add(drawn.has(number) ? last : number)
    }
  const pairs = [...drawn].map(pairAt).toSorted((one, other) => one[0] - other[0] || one[1] - other[1])
  return { pairs, possible }
}

/** The number that a rating is, null where there is none. */
function ratingOf(value: unknown, { choices }: Judgements): number | null | undefined {
  const key = valueKey(value)
  const meaning = choices.get(key)
  if (meaning === undefined) return plainRating(key)
  if (meaning === 'drop') return null
  const number = Number(meaning)
  if (meaning !== '' && Number.isFinite(number)) return number
  throw new InputError(
    phrase`${option('choices')}: found "${meaning}" for "${key}", expected a number, the higher the better, or drop`,
  )
}

function noteRating(value: unknown, judgements: Judgements): void {
  const rating = ratingOf(value, judgements)
  const [column = 'rating'] = columnsOf(judgements, 'rating')
  if (rating === undefined)
    throw new UnknownJudgement(column, value, {
      expected: 'a number, or thumbs such as true or false, up or down',
      meanings: 'a number, the higher the better, or drop',
      isKnown: (other) => ratingOf(other, judgements) !== undefined,
    })
  noteWord(judgements, value, rating === null ? 'no rating' : String(rating))
}

/** Thumbs as +1 and -1. */
function areSigns({ words }: Judgements): boolean {
  const meanings = [...words.values()].map(({ meaning }) => meaning)
  return meanings.includes('-1') && meanings.every((meaning) => ['1', '-1', 'no rating'].includes(meaning))
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
