import { buildGroup } from '../build.ts'
import { fieldError, optionalName, optionalNumber, type Row, textOrMessages } from '../fields.ts'
import type { Group, Message, Preference } from '../group.ts'
import {
  isPresent,
  judged,
  judgedByScore,
  otherColumns,
  pairsOf,
  type Layout,
  singleText,
  textField,
} from './layout.ts'
import { isListOfTexts, textList } from './lists.ts'
import { assistantMessage, userMessage, writtenPrompt } from './messages.ts'
import { splitPair } from './pair.ts'
import { marginScores, rankedGroup, scoresOf } from './ranking.ts'

const prompts = ['prompt', 'instruction', 'input'] as const
const systems = ['system_prompt', 'system'] as const

/**
 * Rows of distilabel's ratings. `generations`, the texts of several models, and `ratings`, a number or null for each,
 * make a group with a preference between any two of different rating. The margin is their difference. The question is
 * in `instruction`, `prompt` or `input`, the system turn in `system_prompt` or `system`. A generation without a rating
 * is left out (`unrated`).
 */
export const distilabelLayout: Layout<'distilabel'> = {
  name: 'distilabel',
  example: { instruction: 'Hi', generations: ['a', 'b'], ratings: [5, 3], rationales: ['x', 'y'] },
  recognises: (row) =>
    isListOfTexts(row['generations']) && Array.isArray(row['ratings']) && questionOf(row) !== undefined,
  read(row, { defaultId, options }) {
    const generations = textList(row, 'generations')
    const ratings = ratingsOf(row, generations.length)
    const rated = generations.filter((_, index) => ratings[index] !== undefined)
    const { preferences, skipped } = judgedByScore(
      ratings.filter((rating) => rating !== undefined),
      options,
    )
    const unrated = ratings.filter((rating) => rating === undefined).map(() => ({ skipped: 'unrated' }))
    const parts = {
      id: optionalName(row, 'id') ?? defaultId,
      form: 'messages' as const,
      prompt: promptOf(row),
      responses: rated.map(assistantMessage),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, ['id', 'subset', ...prompts, ...systems, 'generations', 'ratings']),
    }
    return rankedGroup(parts, { preferences, skipped: [...skipped, ...unrated] })
  },
  write: (group) => [
    {
      ...group.meta,
      id: group.id,
      ...(group.subset === undefined ? {} : { subset: group.subset }),
      ...writtenQuestion(group),
      generations: group.responses.map((response) => singleText(response, 'response')),
      ratings: scoresOf(group, [marginScores(group)]),
    },
  ],
}

const questionOf = (row: Row) => prompts.find((column) => typeof row[column] === 'string')

function promptOf(row: Row): Message[] {
  const column = systems.find((name) => isPresent(row, name))
  const system = column === undefined ? '' : textField(row, column)
  const turn = userMessage(textField(row, questionOf(row) ?? 'prompt'))
  return system === '' ? turn : [{ role: 'system', content: system }, ...turn]
}

function writtenQuestion({ prompt }: Group): Row {
  const system = prompt[0]?.role === 'system' ? prompt.slice(0, 1) : []
  return {
    ...(system.length === 0 ? {} : { system_prompt: singleText(system, 'system turn') }),
    instruction: singleText(prompt.slice(system.length), 'prompt'),
  }
}

function ratingsOf(row: Row, count: number): (number | undefined)[] {
  const { ratings } = row
  if (!Array.isArray(ratings) || ratings.length !== count)
    throw fieldError('ratings', ratings, `a list of ${count} ratings, one for each generation`)
  return ratings.map((rating: unknown, index) => optionalNumber({ [`ratings[${index}]`]: rating }, `ratings[${index}]`))
}

/** The names of the two columns of a rating: distilabel's own, and those of the sets that Argilla published. */
const pairs = [
  ['chosen_rating', 'rejected_rating'],
  ['chosen-rating', 'rejected-rating'],
  ['chosen_avg_rating', 'rejected_avg_rating'],
  ['rating_chosen', 'rating_rejected'],
] as const

/**
 * Rated pairs of distilabel and Argilla: `chosen` and `rejected`, texts or whole conversations (or the texts
 * `chosen_response` and `rejected_response`), each with a rating, under `prompt` or `instruction`. The margin is the
 * difference of the ratings; equal ones are a tie.
 */
export const distilabelPairsLayout: Layout<'distilabel-pairs'> = {
  name: 'distilabel-pairs',
  example: {
    prompt: 'Hi',
    chosen: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    'chosen-rating': 5,
    rejected: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    'rejected-rating': 3,
  },
  recognises: (row) =>
    pairs.some((columns) => columns.every((column) => isPresent(row, column))) && responsesOf(row) !== undefined,
  read(row, { defaultId, options }) {
    const [chosenColumn, rejectedColumn] = responsesOf(row) ?? ['chosen', 'rejected']
    const question = (['prompt', 'instruction'] as const).find((column) => isPresent(row, column))
    const asked = question === undefined ? undefined : textOrMessages(row[question], question)
    const parts = splitPair(
      typeof asked === 'string' ? userMessage(asked) : asked,
      textOrMessages(row[chosenColumn], chosenColumn),
      textOrMessages(row[rejectedColumn], rejectedColumn),
    )
    const [chosen = NaN, rejected = NaN] = ratingColumns(row).map((column) => optionalNumber(row, column))
    if (rejected > chosen)
      throw fieldError(ratingColumns(row)[1], rejected, `no more than the chosen response's rating, which is ${chosen}`)
    const preference = judged(chosen === rejected ? null : 0, options, chosen - rejected)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      ...parts,
      form: 'messages',
      preferences: [preference],
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, [
        'id',
        'subset',
        chosenColumn,
        rejectedColumn,
        ...(question === undefined ? [] : [question]),
      ]),
    })
  },
  write: (group) =>
    pairsOf(group).map(({ chosen, rejected, preference }) => ({
      ...group.meta,
      id: group.id,
      ...(group.subset === undefined ? {} : { subset: group.subset }),
      ...(group.prompt.length === 0 ? {} : { prompt: writtenPrompt(group.prompt) }),
      chosen,
      rejected,
      ...writtenRatings(preference, group.meta ?? {}),
    })),
}

function responsesOf(row: Row): readonly [string, string] | undefined {
  if (isPresent(row, 'chosen') && isPresent(row, 'rejected')) return ['chosen', 'rejected']
  const areTexts = typeof row['chosen_response'] === 'string' && typeof row['rejected_response'] === 'string'
  return areTexts ? ['chosen_response', 'rejected_response'] : undefined
}

const ratingColumns = (row: Row) =>
  pairs.find((columns) => columns.every((column) => isPresent(row, column))) ?? pairs[0]

/** The ratings that the row had, where they still differ by the margin; 1 and 0 where there is none above 0. */
function writtenRatings({ probability, margin = 0 }: Preference, meta: Row): Row {
  const columns = ratingColumns(meta)
  const [chosen, rejected] = columns.map((column) => meta[column])
  const difference = probability === 0.5 ? 0 : margin > 0 ? margin : 1
  const isKept = typeof chosen === 'number' && typeof rejected === 'number' && chosen - rejected === difference
  return isKept ? {} : { [columns[0]]: difference, [columns[1]]: 0 }
}
