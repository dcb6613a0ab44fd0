const names = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' } as const

export type Delimiter = keyof typeof names

const delimiters: readonly Delimiter[] = [',', ';', '\t', '|']

/** `commas`, as in "columns are separated by commas". */
export const nameOf = (delimiter: Delimiter): string => names[delimiter]

/** Rows after the header that are examined. */
const rowsLookedAt = 50

/**
 * What parts the columns of a table, found by looking: the one that parts the header, by which the rows have as many cells
 * as it has. Among several, the one of most columns.
 * @param head begins with the header; rows that are not complete do not count
 * @param usual what the name of the file lets expect; it is taken where nothing parts the header
 */
export function delimiterOf(head: string, usual: Delimiter): Delimiter {
  const candidates = delimiters.flatMap((delimiter) => {
    const [columns = 0, ...rows] = cellCounts(head, delimiter) ?? []
    if (columns < 2) return []
    const fitting = rows.filter((count) => count === columns).length
    return [{ delimiter, columns, share: rows.length === 0 ? 1 : fitting / rows.length }]
  })
  const [best] = candidates.toSorted(
    (one, other) =>
      other.share - one.share ||
      other.columns - one.columns ||
      Number(other.delimiter === usual) - Number(one.delimiter === usual),
  )
  return best?.delimiter ?? usual
}

/** Cells of the header and of each row; undefined where the quotes do not fit the delimiter. */
function cellCounts(text: string, delimiter: string): number[] | undefined {
  const counts: number[] = []
  let cells = 1
  let at = 0
  while (at < text.length && counts.length <= rowsLookedAt) {
    if (text[at] === '"') {
      const end = endOfQuotes(text, at)
      if (end === undefined) break
      at = end
    } else {
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') {
        if (text[at] === '"') return undefined
        at++
      }
    }
    const next = text[at]
    if (next === delimiter) cells++
    else if (next === '\n' || next === '\r') {
      const isBlank = cells === 1 && (at === 0 || /[\r\n]/.test(text[at - 1] ?? ''))
      if (!isBlank) counts.push(cells)
      cells = 1
    } else if (next !== undefined) return undefined
    at++
  }
  // A last row without a line end may be cut; a header alone is one all the same.
  return counts.length === 0 ? [cells] : counts
}

/** Where the quoted cell that begins at `start` has ended; undefined where the text ends first. */
function endOfQuotes(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at + 1
  return undefined
}
