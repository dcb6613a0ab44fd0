import { InputError } from '../../errors.ts'
import { fieldError, isObject, optionalName, type Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { isPresent, singleText } from './layout.ts'

/** What summaries are of, in both parts of openai/summarize_from_feedback. */
export interface SummarizeQuery {
  readonly text: string
  /** Subreddit, or the site of a news article. */
  readonly subset: string | undefined
  readonly isNewsArticle: boolean
  /** What the query does not say of `info`. */
  readonly info: Row
}

/**
 * The query of `info` as openai/summarize-from-feedback writes it for its own models (experiment_helpers.py,
 * `tldr_task` and `cnndm_task`). Posts end in `TL;DR:`, and their summaries begin with a space. Articles end in
 * `TL;DR:\n`.
 * @throws InputError that names the field
 */
export function summarizeQuery(row: Row): SummarizeQuery {
  const { info } = row
  if (!isObject(info)) throw fieldError('info', info, 'an object with a post or an article')
  const isNewsArticle = isPresent(info, 'article')
  const own = isNewsArticle ? ['article', 'site'] : ['subreddit', 'title', 'post']
  const rest = Object.entries(info).filter(([column, value]) => !own.includes(column) && value !== null)
  const text = isNewsArticle
    ? `Article:\n${infoText(info, 'article')}\n\nTL;DR:\n`
    : `SUBREDDIT: r/${infoText(info, 'subreddit')}\n\nTITLE: ${infoText(info, 'title')}\n\nPOST: ${infoText(info, 'post')}\n\nTL;DR:`
  const subset = optionalName(info, isNewsArticle ? 'site' : 'subreddit')
  return { text, subset, isNewsArticle, info: Object.fromEntries(rest) }
}

function infoText(info: Row, column: string): string {
  const value = info[column]
  if (typeof value === 'string') return value
  throw fieldError(`info.${column}`, value, 'text')
}

const post = /^SUBREDDIT: r\/(.*?)\n\nTITLE: (.*?)\n\nPOST: (.*)\n\nTL;DR:$/s
const article = /^Article:\n(.*)\n\nTL;DR:\n$/s

/**
 * The `info` whose query is the prompt of the group.
 * @throws InputError for other prompts: the layout holds nothing but posts and articles
 */
export function infoOf({ id, prompt, subset, meta }: Group): Row {
  const text = singleText(prompt, 'prompt')
  const info = { id, ...(isObject(meta?.['info']) ? meta['info'] : {}) }
  const [, subreddit, title, body] = post.exec(text) ?? []
  if (body !== undefined) return { ...info, subreddit, title, post: body }
  const news = article.exec(text)?.[1]
  if (news !== undefined) return { ...info, ...(subset === undefined ? {} : { site: subset }), article: news }
  throw new InputError(
    'the prompt is not a query for a summary ("SUBREDDIT: ... TL;DR:" or "Article: ... TL;DR:"), which is all that this layout holds',
    { remedy: 'write pairs or groups' },
  )
}
