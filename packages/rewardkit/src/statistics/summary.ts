import { at } from '../at.ts'
import { FailureError, InputError } from '../errors.ts'
import { clustersOf } from './clusters.ts'
import { clusteredShare } from './intervals.ts'
import { bestTemperature, logLoss, marginStatistics } from './statistics.ts'
import type { Interval, PairSummary, RewardRow } from './types.ts'

/**
 * Everything that is said of a set of pairs. Intervals are 95 % and respect prompts (`clusteredShare`); a tie is not
 * correct.
 * @throws InputError for no pairs, FailureError for rewards that are not finite
 */
export function summarizePairs(rows: readonly RewardRow[]): PairSummary {
  if (rows.length === 0) throw new InputError('found no pairs to summarise, expected at least one')
  const broken = rows.find((row) => !Number.isFinite(row.reward_margin))
  if (broken)
    throw new FailureError(`pair ${broken.id}: the reward margin is ${broken.reward_margin}; is the model damaged?`)
  const margins = rows.map((row) => row.reward_margin)
  const temperature = bestTemperature(margins)
  return {
    pairs: rows.length,
    prompts: new Set(rows.map((row) => row.prompt_id)).size,
    accuracy: shareOf(rows, (row) => (row.reward_margin > 0 ? 1 : 0)),
    ties: margins.filter((margin) => margin === 0).length,
    longer_wins: shareOf(rows, (row) => (1 + Math.sign(row.chosen_tokens - row.rejected_tokens)) / 2),
    reward_margin: marginStatistics(margins),
    log_loss: logLoss(margins),
    log_loss_after_temperature: logLoss(margins, temperature),
    temperature,
  }
}

/**
 * A summary for each subset, in order of first appearance. Pairs without a subset are left out. A name with slashes,
 * such as that of a data set with subsets in a mixture, also counts for the part before each slash if several subsets
 * share it.
 */
export function summarizeSubsets(rows: readonly RewardRow[]): Record<string, PairSummary> {
  const members = new Map<string, { rows: RewardRow[]; names: Set<string> }>()
  for (const row of rows) {
    if (row.subset === null) continue
    for (const name of withParents(row.subset)) {
      const known = members.get(name) ?? { rows: [], names: new Set() }
      known.rows.push(row)
      known.names.add(row.subset)
      members.set(name, known)
    }
  }
  const shown = [...members].filter(([name, { names }]) => names.size > 1 || names.has(name))
  return Object.fromEntries(shown.map(([name, found]) => [name, summarizePairs(found.rows)]))
}

/** `a/b/c`: a, a/b and a/b/c. */
function withParents(subset: string): string[] {
  const parts = subset.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/**
 * Accuracy on true labels: the share of pairs whose reward margin has the sign of the true margin, where noise may have
 * flipped the label. `trueMargins` are by row, positive where the response labelled chosen is truly the better one. A
 * tie on either side is not correct.
 */
export function trueLabelAccuracy(rows: readonly RewardRow[], trueMargins: ArrayLike<number>): Interval {
  if (rows.length !== trueMargins.length)
    throw new RangeError(`${trueMargins.length} true margins for ${rows.length} rows`)
  return shareOf(rows, (row, i) => (row.reward_margin * at(trueMargins, i) > 0 ? 1 : 0))
}

function shareOf(rows: readonly RewardRow[], value: (row: RewardRow, index: number) => number): Interval {
  return clusteredShare(rows.map(value), clustersOf(rows.map((row) => row.prompt_id)))
}
