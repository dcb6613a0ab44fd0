import { counted } from '../../counted.ts'
import { logLine, type Notice, warning } from '../../events.ts'
import { phrase, settings } from '../../phrase.ts'
import { namedColumns } from '../columns.ts'
import type { RowOptions } from '../row-options.ts'
import type { Layout } from '../layouts/layout.ts'
import { ratingWords, verdictWords, wordsOf } from './proposal.ts'

/** What columns are called that may say which answer is better. */
const names = new Set(['choice', 'winner', 'preference', 'label', 'rating', 'stars', 'score', 'rank'])
const words = new Set([...verdictWords, ...ratingWords])

/** Our own layouts: other layouts define what their columns mean. */
const ownLayouts = new Set(['pairs', 'pairs-implicit', 'groups'])

/**
 * Watches for columns that may say which answer is better and are not read. Where chosen and rejected are columns that
 * the user named, that may turn pairs round: a warning.
 */
export function createVerdictWatch({ columns = [] }: RowOptions) {
  const named = namedColumns(columns)
  const columnOf = (name: string) => named.find((one) => one.name === name)?.columns[0]
  const [chosen, rejected] = [columnOf('chosen'), columnOf('rejected')]
  const isByHand = chosen !== undefined || rejected !== undefined
  const isWatched = (column: string) =>
    names.has(column.toLowerCase()) || (isByHand && wordsOf(column).some((word) => words.has(word)))
  const counts = new Map<string, number>()
  return {
    add({ layout, unread = [] }: { readonly layout?: Layout; readonly unread?: readonly string[] }): void {
      if (!layout || !ownLayouts.has(layout.name)) return
      for (const column of unread) if (isWatched(column)) counts.set(column, (counts.get(column) ?? 0) + 1)
    },
    notes: (): Notice[] =>
      [...counts].map(([column, count]) => {
        const found = `column "${column}" is not read (${counted(count, 'row')})`
        if (!isByHand) return logLine(`${found}; it is kept in meta`)
        return warning(
          phrase`${found}: "${chosen ?? 'chosen'}" is taken as better than "${rejected ?? 'rejected'}" in every row; if the column says which is better, read it with ${settings({ columns: [`a=${chosen ?? 'chosen'}`, `b=${rejected ?? 'rejected'}`, `choice=${column}`] })}`,
        )
      }),
  }
}
