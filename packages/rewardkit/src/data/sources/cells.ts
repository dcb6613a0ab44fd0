import { isExact, parseJson } from '../json.ts'

/**
 * A column is one of numbers if its name has one of these words (`score_A`, `labels`, `preference_strength`). A list by
 * name, since the cell alone does not distinguish the response "42" from a score.
 */
const numberWords = new Set(
  (
    'margin weight probability score scores ratio rating ratings rank ranking strength preference label labels votes ' +
    'upvotes count index seconds timestamp turn turns better safer is safe winner overall annotator helpfulness ' +
    'correctness coherence complexity verbosity severity'
  ).split(' '),
)

/** Columns that hold JSON whatever it is: those of our own layouts that are lists or objects. */
const jsonColumns = new Set(['responses', 'preferences', 'meta'])

/**
 * The value of a cell of a CSV or TSV file; these files know only texts. In a column of numbers, JSON's numbers and
 * true or false (Python's True too) are read as such. In `responses`, `preferences` and `meta`, JSON is read. In these
 * columns an empty cell is null. Everything else is text, unchanged, and so is empty text: an empty prompt is not the
 * same as none.
 */
export function cellValue(column: string, cell: string): unknown {
  if (jsonColumns.has(column)) return cell === '' ? null : (fromJson(cell) ?? cell)
  if (
    column
      .toLowerCase()
      .split(/[^a-z]+/)
      .some((word) => numberWords.has(word))
  )
    return cell === '' ? null : scalar(cell)
  return cell
}

function scalar(cell: string): unknown {
  const text = cell.trim()
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return isExact(text) ? Number(text) : cell
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  return cell
}

function fromJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
