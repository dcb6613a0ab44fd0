import type { Row } from '../fields.ts'
import { createJudgements } from '../tables/judgements.ts'
import { mostRatedRows, ratingKey, readRatings } from '../tables/ratings.ts'
import { asWritten, isPresent, type RowContext, type Layout, writtenFields } from './layout.ts'
import { chosenAndRejected } from './lists.ts'

/**
 * TRL's unpaired rows: `prompt`, `completion` and `label`, true where the completion is a good one. They are ratings of
 * two values: the rows of one prompt become a group, with a pair for each good and each bad completion.
 */
export const unpairedLayout: Layout<'unpaired'> = {
  name: 'unpaired',
  example: { prompt: 'Hi', completion: 'Hello.', label: true },
  recognises: (row) => isPresent(row, 'completion') && isPresent(row, 'prompt') && 'label' in row,
  read: (row, context) => readRatings([asRating(row)], named(context)),
  gather: {
    key: (row, context) => ratingKey(asRating(row), named(context)),
    read: (rows, context, total) => readRatings(rows.map(asRating), named(context), total),
    most: mostRatedRows,
    columns: ['id', 'subset', 'meta', 'prompt', 'completion', 'label'],
  },
  write(group) {
    const { chosen, rejected } = chosenAndRejected(group)
    return [...chosen, ...rejected].map((response, index) => ({
      ...writtenFields(group),
      ...(group.prompt.length === 0 ? {} : { prompt: asWritten(group, group.prompt) }),
      completion: asWritten(group, response),
      label: index < chosen.length,
    }))
  },
}

/** What the columns are called here. */
const columns = [
  { name: 'response', columns: ['completion'] },
  { name: 'rating', columns: ['label'] },
]

function named<Context extends Omit<RowContext, 'defaultId'>>(context: Context): Context {
  return { ...context, judgements: { ...(context.judgements ?? createJudgements(context.options)), named: columns } }
}

function asRating({ completion, label, ...others }: Row): Row {
  return { ...others, response: completion, rating: label }
}
