import type { Analysis } from '../analysis/analyse.ts'
import type { Statistic } from '../analysis/statistic.ts'
import type { Interval, MarginStatistics, PairSummary } from '../statistics/types.ts'
import { visible } from '../visible.ts'

/**
 * A table for the terminal: the first column to the left, the others to the right, two spaces between. Rows may be
 * shorter than the header.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = [header, ...rows].map((row) => row.map(tableCell))
  const all = [head, ...body]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => (column === 0 ? (row[column] ?? '').padEnd(width) : (row[column] ?? '').padStart(width)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n')
}

/** The columns that a line in the terminal should not exceed. */
export const lineWidth = 80

/** Characters of a cell that are shown. */
const widestCell = 60

/** Names are the user's: a cell is one line, not too long, and tells the terminal nothing. */
function tableCell(text: string): string {
  const characters = Array.from(visible(text).replaceAll('\n', ' '))
  return characters.length <= widestCell ? characters.join('') : `${characters.slice(0, widestCell - 1).join('')}…`
}

/** What a table says, whatever it will look like. */
export interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A table whose columns go on below where they do not fit beside each other, each time with the first one. */
export function formatColumns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => tableCell(row[column] ?? '').length)),
  )
  const parts: number[][] = []
  let width = Infinity
  for (const [column, own = 0] of widths.entries()) {
    if (column === 0) continue
    width += own + 2
    if (width > lineWidth) {
      parts.push([0])
      width = (widths[0] ?? 0) + own + 2
    }
    parts.at(-1)?.push(column)
  }
  const pick = (row: readonly string[], columns: readonly number[]) => columns.map((column) => row[column] ?? '')
  return parts
    .map((columns) =>
      formatTable(
        pick(header, columns),
        rows.map((row) => pick(row, columns)),
      ),
    )
    .join('\n\n')
}

/** A summary, with the intervals of an analysis where there are some: subsets and earlier versions have none. */
type Summary = PairSummary & Pick<Partial<Analysis>, 'margin_distribution' | 'calibration'>

/** A row of a summary table: its label and, for each summary, the text of its cell. */
export interface SummaryLine {
  readonly label: string
  readonly cell: (summary: Summary) => string
}

export const percent = (share: number): string => (Number.isFinite(share) ? (100 * share).toFixed(1) : '-')

/** A line about a statistic of margins, with its interval where the summary has one. */
const marginLine = (label: string, name: keyof MarginStatistics, format = formatNumber): SummaryLine => ({
  label,
  cell: ({ reward_margin, margin_distribution }) =>
    formatStatistic(margin_distribution?.[name] ?? { value: reward_margin[name], low: null, high: null }, format),
})

const formatMean = (value: number, statistic: Statistic | undefined): string =>
  formatStatistic(statistic ?? { value, low: null, high: null })

/** The lines of a summary table, in order. */
export const summaryLines: readonly SummaryLine[] = [
  { label: 'pairs', cell: ({ pairs }) => String(pairs) },
  { label: 'prompts', cell: ({ prompts }) => String(prompts) },
  { label: 'accuracy % (95 %)', cell: ({ accuracy }) => formatShare(accuracy) },
  { label: 'longer wins % (95 %)', cell: (summary) => formatShare(summary.longer_wins) },
  { label: 'ties', cell: ({ ties }) => String(ties) },
  marginLine('reward margin mean', 'mean'),
  marginLine('standard deviation', 'standard_deviation'),
  marginLine('mean / sd (scale-free)', 'mean_over_standard_deviation'),
  marginLine('skewness g1', 'skewness'),
  marginLine('excess kurtosis g2', 'excess_kurtosis'),
  marginLine('share below zero %', 'share_below_zero', percent),
  { label: 'log loss', cell: ({ log_loss, calibration }) => formatMean(log_loss, calibration?.log_loss) },
  {
    label: 'log loss after temperature',
    cell: ({ log_loss_after_temperature, calibration }) =>
      formatMean(log_loss_after_temperature, calibration?.after_temperature.log_loss),
  },
  {
    label: 'calibration error',
    cell: ({ calibration }) => formatMean(NaN, calibration?.expected_calibration_error),
  },
]

/** Summaries side by side, by name (a model, a subset): one column for each, as many as fit beside each other. */
export function formatSummary(summaries: Readonly<Record<string, PairSummary>>): string {
  return formatColumns(['', ...Object.keys(summaries)], summaryRows(summaries))
}

/** The same as a table in Markdown, for the summary of a job in continuous integration. */
export function formatMarkdownSummary(summaries: Readonly<Record<string, PairSummary>>): string {
  return formatMarkdownTable(['', ...Object.keys(summaries)], summaryRows(summaries))
}

/** A table in Markdown. */
export function formatMarkdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(' | ')} |`
  return [line(header), `| --- |${' ---: |'.repeat(header.length - 1)}`, ...rows.map(line)].join('\n')
}

function summaryRows(summaries: Readonly<Record<string, PairSummary>>): string[][] {
  const columns = Object.values(summaries)
  return summaryLines.map(({ label, cell }) => [label, ...columns.map(cell)])
}

/** Names of subsets are the user's: what would end the cell or start markup is escaped. */
const markdownCell = (text: string): string =>
  visible(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\\|`*_<>[\]]/g, String.raw`\$&`)

/** `62.5 (60.1-64.8)`, in percent; a dash for an undefined share. */
export function formatShare({ value, low, high }: Interval): string {
  if (!Number.isFinite(value)) return '-'
  return `${percent(value)} (${percent(low)}-${percent(high)})`
}

/** `1.234 (1.100 to 1.380)`, or a dash for an undefined value. */
export function formatStatistic({ value, low, high }: Statistic, given?: (value: number) => string): string {
  if (value === null) return '-'
  const format = given ?? ((one: number) => formatNumber(one, Math.max(...[value, low ?? 0, high ?? 0].map(Math.abs))))
  return low === null || high === null ? format(value) : `${format(value)} (${format(low)} to ${format(high)})`
}

/**
 * Three decimals, or three digits where those would not show them; a dash for an undefined value.
 * @param largest the largest of the numbers beside it, such as of an interval: it decides for all of them
 */
export function formatNumber(value: number, largest = Math.abs(value)): string {
  if (!Number.isFinite(value)) return '-'
  if (largest !== 0 && (largest < 0.0005 || largest >= 1e6)) return value.toExponential(2)
  return value.toFixed(3).replace(/^-(?=[0.]*$)/, '')
}
