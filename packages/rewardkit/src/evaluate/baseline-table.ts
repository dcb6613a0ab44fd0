import type { Analysis } from '../analysis/analyse.ts'
import { entriesOf } from '../analysis/baselines.ts'
import type { Interval } from '../statistics/types.ts'
import { formatShare, formatTable, formatMarkdownTable } from './table.ts'

const header = ['baseline', 'accuracy %', "model's lead, points", 'model beats it']

/** Each baseline beside the reward model; an empty text where there is none. */
export function formatBaselines({ baselines = {} }: Pick<Analysis, 'baselines'>): string {
  const rows = baselineRows(baselines)
  return rows.length === 0 ? '' : formatTable(header, rows)
}

/** The same as a table in Markdown. */
export function formatMarkdownBaselines({ baselines = {} }: Pick<Analysis, 'baselines'>): string {
  const rows = baselineRows(baselines)
  return rows.length === 0 ? '' : formatMarkdownTable(header, rows)
}

function baselineRows(baselines: NonNullable<Analysis['baselines']>): string[][] {
  return entriesOf(baselines).map(([name, { accuracy, difference, beats }]) => [
    name.replaceAll('_', ' '),
    formatShare(accuracy),
    formatDifference(difference),
    beats,
  ])
}

/** `-3.1 (-5.0 to -1.2)`, in points; without an interval for one prompt. */
function formatDifference({ value, low, high }: Interval): string {
  const points = (share: number) => (100 * share).toFixed(1)
  const difference = `${value > 0 ? '+' : ''}${points(value)}`
  return Number.isFinite(low) && Number.isFinite(high)
    ? `${difference} (${points(low)} to ${points(high)})`
    : difference
}
