import { at } from '../../at.ts'
import { buildGroup, conversation } from '../build.ts'
import { fieldError, isObject, type Row } from '../fields.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout, singleText } from './layout.ts'
import { infoOf, summarizeQuery } from './summarize-query.ts'

const own = ['info', 'summaries', 'choice']

/**
 * Comparisons of openai/summarize_from_feedback: two summaries of a Reddit post or of a CNN/DM article; `choice` names
 * the better one. Plain text: summaries of posts begin with the space that belongs after "TL;DR:". There is no margin.
 * `extra.confidence` is how sure the annotator was (1 to 9), and stays in `meta`. Subreddit or site is the subset.
 */
export const summarizeComparisonsLayout: Layout<'summarize-comparisons'> = {
  name: 'summarize-comparisons',
  example: {
    info: { id: 'f00', site: 'cnn', article: 'It rained.' },
    summaries: [{ text: ' a' }, { text: ' b' }],
    choice: 0,
    worker: 'w',
  },
  recognises: (row) => isObject(row['info']) && Array.isArray(row['summaries']) && isPresent(row, 'choice'),
  read(row, { defaultId, options }) {
    const query = summarizeQuery(row)
    const [first, second] = summariesOf(row)
    const preference = judged(choiceOf(row), options)
    if ('skipped' in preference) return preference
    if (query.isNewsArticle && options.newsArticles === 'drop') return { skipped: 'news_article' }
    const { id } = query.info
    return buildGroup({
      id: typeof id === 'string' ? id : defaultId,
      ...conversation(query.text, [first.text, second.text]),
      preferences: [preference],
      subset: query.subset,
      meta: { info: query.info, summaries: [first.rest, second.rest], ...otherColumns(row, own) },
    })
  },
  write(group) {
    const known: unknown = group.meta?.['summaries']
    const summary = (index: number, text: string) => {
      const rest: unknown = Array.isArray(known) ? known[index] : undefined
      return { text, ...(isObject(rest) ? rest : {}) }
    }
    return comparisonsOf(group).flatMap(({ indexes, responses, better }) => {
      if (better === null) return []
      return {
        ...otherColumns(group.meta ?? {}, own),
        info: infoOf(group),
        summaries: indexes.map((index, k) => summary(index, singleText(at(responses, k), 'response'))),
        choice: better,
      }
    })
  },
}

interface Summary {
  readonly text: string
  /** Policy and note. */
  readonly rest: Row
}

function summariesOf({ summaries }: Row): [Summary, Summary] {
  if (!Array.isArray(summaries) || summaries.length !== 2) throw fieldError('summaries', summaries, 'a list of two')
  const [first, second] = summaries.map((summary: unknown, index) => {
    const field = `summaries[${index}]`
    if (!isObject(summary)) throw fieldError(field, summary, 'an object with "text"')
    const { text, ...rest } = summary
    if (typeof text !== 'string') throw fieldError(`${field}.text`, text, 'text')
    return { text, rest }
  })
  if (!first || !second) throw fieldError('summaries', summaries, 'a list of two')
  return [first, second]
}

function choiceOf({ choice }: Row): 0 | 1 {
  if (choice === 0 || choice === 1) return choice
  throw fieldError('choice', choice, '0 or 1, the index of the better summary')
}
