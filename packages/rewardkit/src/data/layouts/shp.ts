import { buildGroup, conversation } from '../build.ts'
import { fieldError, optionalName, optionalNumber, type Row } from '../fields.ts'
import type { Group } from '../group.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout, singleText, textField } from './layout.ts'

const own = ['history', 'human_ref_A', 'human_ref_B', 'labels', 'domain']

/**
 * Stanford Human Preferences (stanfordnlp/SHP): two comments under one Reddit post. `labels` is 1 where A is preferred
 * and 0 where B is (the card; one public loader reads it as an index into [A, B], which inverts it). The margin is
 * log(score_ratio): how many times as many votes the preferred comment has. `domain` is the subset.
 */
export const shpLayout: Layout<'shp'> = {
  name: 'shp',
  example: { post_id: 'p', history: 'Hi', human_ref_A: 'a', human_ref_B: 'b', labels: 1, score_ratio: 2 },
  recognises: (row) => ['history', 'human_ref_A', 'human_ref_B', 'labels'].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const prompt = textField(row, 'history')
    const responses = [textField(row, 'human_ref_A'), textField(row, 'human_ref_B')]
    const ratio = optionalNumber(row, 'score_ratio', 1)
    if (ratio !== undefined && ratio < (options.minScoreRatio ?? 1)) return { skipped: 'score_ratio' }
    const preference = judged(preferred(row), options, ratio === undefined ? undefined : Math.log(ratio))
    if ('skipped' in preference) return preference
    return buildGroup({
      id: rowId(row) ?? defaultId,
      ...conversation([{ role: 'user', content: prompt }], responses),
      preferences: [preference],
      subset: optionalName(row, 'domain'),
      meta: otherColumns(row, own),
    })
  },
  write(group) {
    return comparisonsOf(group).flatMap(({ responses: [first, second], better, margin }) => {
      if (better === null) return []
      return {
        ...group.meta,
        ...(group.subset === undefined ? {} : { domain: group.subset }),
        history: singleText(group.prompt, 'prompt'),
        human_ref_A: singleText(first, 'response'),
        human_ref_B: singleText(second, 'response'),
        labels: 1 - better,
        ...(margin === undefined ? {} : { score_ratio: ratioOf(margin, group.meta) }),
      }
    })
  },
}

function preferred(row: Row): 0 | 1 {
  const { labels } = row
  if (labels === 1) return 0
  if (labels === 0) return 1
  throw fieldError('labels', labels, '1 (A is preferred) or 0 (B is)')
}

/** The ratio that the row had, where the margin is still its logarithm. */
function ratioOf(margin: number, meta: Group['meta']): number {
  const known = meta?.['score_ratio']
  return typeof known === 'number' && Math.log(known) === margin ? known : Math.exp(margin)
}

/** A post and its two comments: no pair of the set has the same three. */
function rowId(row: Row): string | undefined {
  const parts = ['post_id', 'c_root_id_A', 'c_root_id_B'].map((column) => optionalName(row, column))
  return parts.every((part) => part !== undefined) ? parts.join('-') : undefined
}
