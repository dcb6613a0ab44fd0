import { InputError } from '../../errors.ts'
import { buildGroup } from '../build.ts'
import { fieldError, numberError, isObject, optionalNumber, type Row } from '../fields.ts'
import {
  judgedByScore,
  otherColumns,
  type Reading,
  type RowContext,
  type Layout,
  singleText,
  type Skipped,
} from './layout.ts'
import { infoOf, summarizeQuery } from './summarize-query.ts'

/**
 * Axis scores of openai/summarize_from_feedback: a row is one worker's Likert scores (1 to 7) of one summary. The rows of
 * one post or article make a group; equal texts are one response. Of two responses the one with the higher mean of
 * `overall` is preferred, by a margin of the difference; equal means are ties. The other axes stay in `meta`, in
 * `ratings`: a list for each response.
 */
export const summarizeAxisLayout: Layout<'summarize-axis'> = {
  name: 'summarize-axis',
  example: {
    info: { id: 'f00', site: 'cnn', article: 'It rained.' },
    summary: { text: 'Rain.', axes: { overall: 5 } },
    worker: 'w',
    batch: 'cnndm1',
  },
  recognises: (row) => isObject(row['info']) && isObject(row['summary']) && isObject(row['summary']['axes']),
  read: (row, context) => readRatings([row], context),
  gather: {
    key: (row) => ratingOf(row).key,
    read: ([first, ...others], context) =>
      first ? readRatings([first, ...others], { ...context, defaultId: ratingOf(first).key }) : [],
  },
  write(group) {
    const ratings = group.meta?.['ratings']
    if (!Array.isArray(ratings) || ratings.length !== group.responses.length)
      throw new InputError('found no ratings of single responses, which are all that this layout holds', {
        remedy: 'write pairs or groups',
      })
    const info = infoOf(group)
    return group.responses.flatMap((response, index) => {
      const text = singleText(response, 'response')
      const known: unknown = ratings[index]
      if (!Array.isArray(known)) throw fieldError(`meta.ratings[${index}]`, known, 'a list')
      return known.map((rating: unknown) => {
        const { summary, ...rest } = isObject(rating) ? rating : {}
        return { ...rest, info, summary: { text, ...(isObject(summary) ? summary : {}) } }
      })
    })
  },
}

interface Rating {
  /** Equal for what belongs to one post or article. */
  readonly key: string
  readonly text: string
  /** Undefined where the worker gave none. */
  readonly overall: number | undefined
  /** The row without `info` and the text. */
  readonly rest: Row
}

function ratingOf(row: Row): Rating {
  const { text: query, info } = summarizeQuery(row)
  const { summary } = row
  if (!isObject(summary)) throw fieldError('summary', summary, 'an object with "text" and "axes"')
  const { text, axes, ...rest } = summary
  if (typeof text !== 'string') throw fieldError('summary.text', text, 'text')
  if (!isObject(axes)) throw fieldError('summary.axes', axes, 'an object with "overall"')
  const { overall = null } = axes
  if (overall !== null && (typeof overall !== 'number' || !Number.isFinite(overall)))
    throw numberError('summary.axes.overall', overall, 'a finite number')
  return {
    key: typeof info['id'] === 'string' ? info['id'] : query,
    text,
    overall: optionalNumber(axes, 'overall'),
    rest: { ...otherColumns(row, ['info', 'summary']), summary: { ...rest, axes } },
  }
}

function readRatings(rows: readonly Row[], { defaultId, options }: RowContext): Reading {
  const [first] = rows
  if (!first) return []
  const query = summarizeQuery(first)
  if (query.isNewsArticle && options.newsArticles === 'drop') return { skipped: 'news_article' }
  const skipped: Skipped[] = []
  const responses = new Map<string, { scores: number[]; ratings: Row[] }>()
  for (const { text, overall, rest } of rows.map(ratingOf)) {
    if (overall === undefined) {
      skipped.push({ skipped: 'no_overall_score' })
      continue
    }
    const response = responses.get(text) ?? { scores: [], ratings: [] }
    response.scores.push(overall)
    response.ratings.push(rest)
    responses.set(text, response)
  }
  const rated = [...responses.values()]
  if (rated.length < 2) return rated.length === 0 ? skipped : [...skipped, { skipped: 'single_response' }]
  const { preferences, skipped: ties } = judgedByScore(
    rated.map(({ scores }) => mean(scores)),
    options,
  )
  skipped.push(...ties)
  if (preferences.length === 0) return skipped
  const { id } = query.info
  const group = buildGroup({
    id: typeof id === 'string' ? id : defaultId,
    form: 'text',
    prompt: [{ role: 'user', content: query.text }],
    responses: [...responses.keys()].map((content) => [{ role: 'assistant', content }]),
    preferences,
    subset: query.subset,
    meta: { info: query.info, ratings: rated.map(({ ratings }) => ratings) },
  })
  return skipped.length === 0 ? group : [group, ...skipped]
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
