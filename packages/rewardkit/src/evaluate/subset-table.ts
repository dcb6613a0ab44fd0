import type { Analysis } from '../analysis/analyse.ts'
import type { Statistic } from '../analysis/statistic.ts'
import type { PairSummary } from '../statistics/types.ts'
import { formatNumber, formatShare, formatTable, lineWidth, percent, type Table } from './table.ts'

type Subsets = Pick<Analysis, 'subsets' | 'subset_means'>

const header = ['subset', 'pairs', 'prompts', 'accuracy % (95 %)', 'longer wins %', 'mean / sd']
/** What remains of the columns where names are long. */
const fewestColumns = 4

/**
 * Subsets, and data sets of a mixture, those with a slash below the part before it; then the means over subsets.
 * Undefined where there is no subset.
 */
export function subsetTable(summary: Subsets): Table | undefined {
  const names = nested(Object.keys(summary.subsets))
  return names.length === 0 ? undefined : { header, rows: rowsOf(summary, names, ({ name }) => name) }
}

/** The same for the terminal: names are indented, and columns left out where the lines would be too long. */
export function formatSubsets(summary: Subsets): string {
  const names = nested(Object.keys(summary.subsets))
  if (names.length === 0) return ''
  const rows = rowsOf(summary, names, ({ depth, label }) => `${'  '.repeat(depth)}${label}`)
  const whole = formatTable(header, rows)
  if (whole.indexOf('\n') <= lineWidth) return whole
  return formatTable(
    header.slice(0, fewestColumns),
    rows.map((row) => row.slice(0, fewestColumns)),
  )
}

interface Nested {
  readonly name: string
  /** The name without that of the subset above. */
  readonly label: string
  readonly depth: number
}

/** Names in their order, but each below the longest other name that it continues after a slash. */
function nested(names: readonly string[]): Nested[] {
  const above = new Map(
    names.map((name) => {
      const parents = names.filter((other) => name.startsWith(`${other}/`))
      return [name, parents.toSorted((a, b) => b.length - a.length)[0]]
    }),
  )
  const below = (parent: string | undefined, depth: number): Nested[] =>
    names
      .filter((name) => above.get(name) === parent)
      .flatMap((name) => [
        { name, label: parent === undefined ? name : name.slice(parent.length + 1), depth },
        ...below(name, depth + 1),
      ])
  return below(undefined, 0)
}

function rowsOf({ subsets, subset_means }: Subsets, names: readonly Nested[], label: (of: Nested) => string) {
  const rows = names.flatMap((of) => {
    const summary = subsets[of.name]
    return summary ? [[label(of), ...cellsOf(summary)]] : []
  })
  if (!subset_means) return rows
  const { pairs, weighted, unweighted } = subset_means
  return [
    ...rows,
    ['mean of pairs', String(pairs), '', formatEstimate(weighted), '', ''],
    ['mean of subsets', String(pairs), '', formatEstimate(unweighted), '', ''],
  ]
}

const cellsOf = ({ pairs, prompts, accuracy, longer_wins, reward_margin }: PairSummary): string[] => [
  String(pairs),
  String(prompts),
  formatShare(accuracy),
  percent(longer_wins.value),
  formatNumber(reward_margin.mean_over_standard_deviation),
]

/** A share with its interval, as far as it is defined. */
export const formatEstimate = ({ value, low, high }: Statistic): string =>
  value === null ? '-' : low === null || high === null ? percent(value) : formatShare({ value, low, high })
