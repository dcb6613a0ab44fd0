/** Thumbs in the words that tables have for them. */
const thumbs: readonly (readonly string[])[] = [
  [
    'false',
    'down',
    'thumbs down',
    'thumbs_down',
    'thumbsdown',
    '👎',
    'no',
    'bad',
    'dislike',
    'negative',
    'not helpful',
  ],
  ['true', 'up', 'thumbs up', 'thumbs_up', 'thumbsup', '👍', 'yes', 'good', 'like', 'positive', 'helpful'],
]

/**
 * The number that a rating means: a number, also as text (`4`, `4,5`, `4/5`, `4 stars`, `★★★★☆`), or 1 and 0 for thumbs
 * up and down. Null if there is none, undefined if it is something else.
 * @param key as `valueKey` gives it
 */
export function plainRating(key: string): number | null | undefined {
  if (key === 'null') return null
  const [, number] = /^([+-]?\d+(?:[.,]\d+)?)(?: ?\/ ?\d+| ?stars?| ?★)?$/.exec(key) ?? []
  if (number !== undefined) return Number(number.replace(',', '.'))
  if (/^★+☆*$/.test(key)) return key.replaceAll('☆', '').length
  const found = thumbs.findIndex((words) => words.includes(key.replace(/[\u{1F3FB}-\u{1F3FF}]/u, '')))
  return found === -1 ? undefined : found
}
