import { at } from '../at.ts'
import { FailureError, InputError } from '../errors.ts'
import { clusteredShare } from '../statistics/intervals.ts'
import { logLoss, marginStatistics } from '../statistics/statistics.ts'
import type { Interval, PairSummary } from '../statistics/types.ts'
import { longerBy, promptClusters, type RewardTable, selectPairs } from './reward-table.ts'
import { type Temperatures, temperaturesFor } from './temperature.ts'

/**
 * Everything that is said of a set of pairs. Intervals are 95 % and respect prompts (`clusteredShare`); a tie is not
 * correct. Without lengths, `longer_wins` is NaN.
 * @param temperatures of these pairs; by default they are cross-fitted by prompt
 * @throws InputError for no pairs, FailureError for rewards that are not finite
 */
export function summarizePairs(
  table: RewardTable,
  temperatures = temperaturesFor(table.margins, promptClusters(table)),
): PairSummary {
  const { pairs, margins, promptIds, ids } = table
  const longer = longerBy(table)
  if (pairs === 0) throw new InputError('found no pairs to summarise, expected at least one')
  const broken = margins.findIndex((margin) => !Number.isFinite(margin))
  if (broken !== -1)
    throw new FailureError(
      `pair ${at(ids, broken)}: the reward margin is ${at(margins, broken)}; is the model damaged?`,
    )
  return {
    pairs,
    prompts: promptIds.length,
    accuracy: shareOf(table, (pair) => (at(margins, pair) > 0 ? 1 : 0)),
    ties: margins.filter((margin) => margin === 0).length,
    longer_wins: longer
      ? shareOf(table, (pair) => (1 + Math.sign(at(longer, pair))) / 2)
      : { value: NaN, low: NaN, high: NaN },
    reward_margin: marginStatistics(margins),
    log_loss: logLoss(margins),
    log_loss_after_temperature: temperatures.of
      ? logLoss(margins.map((margin, pair) => margin / at(temperatures.of ?? [], pair)))
      : NaN,
    temperature: temperatures.temperature.value ?? NaN,
  }
}

/**
 * A summary for each subset, in order of first appearance. Pairs without a subset are left out. A name with slashes,
 * such as that of a data set with subsets in a mixture, also counts for the part before each slash if several subsets
 * share it.
 * @param temperatures of the pairs of the table, which those of subsets keep
 */
export function summarizeSubsets(
  table: RewardTable,
  temperatures = temperaturesFor(table.margins, promptClusters(table)),
): Record<string, PairSummary> {
  const parts = subsetsWithParents(table.subsetNames)
  return Object.fromEntries(
    [...parts].map(([name, subsets]) => {
      const pairs = pairsOfSubsets(table, subsets)
      return [name, summarizePairs(selectPairs(table, pairs), temperaturesOf(temperatures, pairs))]
    }),
  )
}

/** The temperatures of some of the pairs. */
const temperaturesOf = (temperatures: Temperatures, pairs: Int32Array): Temperatures => ({
  ...temperatures,
  of: temperatures.of && Float64Array.from(pairs, (pair) => at(temperatures.of ?? [], pair)),
})

/** The pairs whose subset is one of these. */
export function pairsOfSubsets({ subsetOf }: RewardTable, subsets: ReadonlySet<number>): Int32Array {
  return Int32Array.from(subsetOf.keys()).filter((pair) => subsets.has(at(subsetOf, pair)))
}

/** The subsets that each name covers, by their numbers: itself, and those below it where they are several. */
export function subsetsWithParents(names: readonly string[]): Map<string, ReadonlySet<number>> {
  const members = new Map<string, Set<number>>()
  for (const [number, name] of names.entries())
    for (const part of withParents(name)) {
      const known = members.get(part) ?? new Set()
      members.set(part, known.add(number))
    }
  return new Map([...members].filter(([name, numbers]) => numbers.size > 1 || names.includes(name)))
}

/** `a/b/c`: a, a/b and a/b/c. */
function withParents(subset: string): string[] {
  const parts = subset.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/**
 * Accuracy on true labels: the share of pairs whose reward margin has the sign of the true margin, where noise may have
 * flipped the label. `trueMargins` are by pair, positive where the response labelled chosen is truly the better one. A
 * tie on either side is not correct.
 */
export function trueLabelAccuracy(table: RewardTable, trueMargins: ArrayLike<number>): Interval {
  if (table.pairs !== trueMargins.length)
    throw new RangeError(`${trueMargins.length} true margins for ${table.pairs} pairs`)
  return shareOf(table, (pair) => (at(table.margins, pair) * at(trueMargins, pair) > 0 ? 1 : 0))
}

function shareOf(table: RewardTable, value: (pair: number) => number): Interval {
  const values = new Float64Array(table.pairs)
  for (let pair = 0; pair < table.pairs; pair++) values[pair] = value(pair)
  return clusteredShare(values, promptClusters(table))
}
