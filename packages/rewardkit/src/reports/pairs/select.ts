import type { RewardTable } from '../../analysis/reward-table.ts'
import { suspiciousPairs } from '../../analysis/suspicious.ts'
import { tellingPairs, tellingReasons } from '../../analysis/telling.ts'
import { at } from '../../at.ts'
import { differences, type Piece } from '../../inspect/differences.ts'
import type { EvaluationSummary } from '../../rewards/evaluation-summary.ts'
import type { RunEvaluation } from '../report-run.ts'
import type { Pieces, RunPairs } from '../page-script/payload.ts'

/** Characters of a text inside a page. */
const mostCharacters = 20_000

/** The pairs of a run that say most, `most` of them, as a page holds them. */
export function runPairs(name: string, { summary, table, texts }: RunEvaluation, most: number | 'all'): RunPairs {
  const telling = tellingPairs(table, most === 'all' ? table.pairs : most)
  const ids = telling.map(({ pair }) => at(table.ids, pair))
  const found = suspicionsOf(table, summary, new Set(ids))
  const suspicions = ['no', ...new Set(found.values())]
  const { annotatedMargins, chosenTokens, rejectedTokens } = table
  const column = (values: Float64Array) => telling.map(({ pair }) => rounded(at(values, pair)))
  const longer = chosenTokens && rejectedTokens && chosenTokens.map((tokens, pair) => tokens - at(rejectedTokens, pair))
  return {
    name,
    of: table.pairs,
    subsets: table.subsetNames,
    reasons: tellingReasons,
    suspicions,
    columns: {
      id: ids,
      subset: telling.map(({ pair }) => at(table.subsetOf, pair)),
      reason: telling.map(({ reason }) => tellingReasons.indexOf(reason)),
      suspicion: ids.map((id) => suspicions.indexOf(found.get(id) ?? 'no')),
      margin: column(table.margins),
      chosen: column(table.chosenRewards),
      rejected: column(table.rejectedRewards),
      ...(annotatedMargins && { annotated: column(annotatedMargins) }),
      ...(longer && { longer: column(longer) }),
    },
    texts: telling.map(({ pair }) => {
      const read = texts?.get(at(table.ids, pair))
      if (!read) return null
      const { left, right } = differences(cut(read.chosen), cut(read.rejected))
      return [cut(read.prompt), alternating(left), alternating(right)]
    }),
  }
}

/** What is suspicious about the wanted pairs, in words, by their ids. */
function suspicionsOf(
  table: RewardTable,
  { label_noise: noise }: EvaluationSummary,
  wanted: ReadonlySet<string>,
): Map<string, string> {
  const found = new Map<string, string>()
  if (!noise) return found
  for (const { id, reasons } of suspiciousPairs(table, noise).rows())
    if (wanted.has(id)) found.set(id, reasons.join(', ').replaceAll('_', ' '))
  return found
}

/** Nine digits are more than a table shows; null where there is no number. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : null
}

function cut(text: string): string {
  return text.length <= mostCharacters ? text : `${text.slice(0, mostCharacters)}… (cut)`
}

/** Pieces in turn, beginning with what the other text lacks, which may be nothing. */
function alternating(pieces: readonly Piece[]): Pieces {
  const turns = ['']
  for (const { text, isShared } of pieces) {
    const isSharedTurn = turns.length % 2 === 0
    if (isShared === isSharedTurn) turns.push(`${turns.pop() ?? ''}${text}`)
    else turns.push(text)
  }
  return turns
}
