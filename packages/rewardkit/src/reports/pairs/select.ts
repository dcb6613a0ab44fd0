import { tellingPairs, tellingReasons } from '../../analysis/telling.ts'
import { at } from '../../at.ts'
import { differences, type Piece } from '../../inspect/differences.ts'
import type { RunEvaluation } from '../report-run.ts'
import type { Pieces, RunPairs } from '../page-script/payload.ts'

/** Characters of a text inside a page. */
const mostCharacters = 20_000

/** The pairs of a run that say most, `most` of them, as a page holds them. */
export function runPairs(name: string, { table, texts }: RunEvaluation, most: number | 'all'): RunPairs {
  const telling = tellingPairs(table, most === 'all' ? table.pairs : most)
  const { annotatedMargins, chosenTokens, rejectedTokens } = table
  const column = (values: Float64Array) => telling.map(({ pair }) => rounded(at(values, pair)))
  const longer = chosenTokens && rejectedTokens && chosenTokens.map((tokens, pair) => tokens - at(rejectedTokens, pair))
  return {
    name,
    of: table.pairs,
    subsets: table.subsetNames,
    reasons: tellingReasons,
    columns: {
      id: telling.map(({ pair }) => at(table.ids, pair)),
      subset: telling.map(({ pair }) => at(table.subsetOf, pair)),
      reason: telling.map(({ reason }) => tellingReasons.indexOf(reason)),
      margin: column(table.margins),
      chosen: column(table.chosenRewards),
      rejected: column(table.rejectedRewards),
      ...(annotatedMargins && { annotated: column(annotatedMargins) }),
      ...(longer && { longer: column(longer) }),
    },
    texts: telling.map(({ pair }) => {
      const found = texts?.get(at(table.ids, pair))
      if (!found) return null
      const { left, right } = differences(cut(found.chosen), cut(found.rejected))
      return [cut(found.prompt), alternating(left), alternating(right)]
    }),
  }
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
