import { at } from '../at.ts'
import type { Interval } from '../statistics/types.ts'
import { pairsWhere, partOf } from './parts.ts'
import { type Statistic, statisticOf } from './statistic.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'
import { shareInterval } from './share-interval.ts'

/** The accuracies of subsets as one number, in two ways. */
export interface SubsetMeans {
  /** Subsets that have no part of their own counted again: those that pairs name. */
  readonly subsets: number
  readonly pairs: number
  /** Each pair counts alike, so that large subsets weigh more. */
  readonly weighted: Statistic
  /** Each subset counts alike. */
  readonly unweighted: Statistic
}

/** The mean accuracy over the subsets that pairs name; undefined where they name fewer than two. */
export function subsetMeans(table: RewardTable): SubsetMeans | undefined {
  const { margins, subsetOf, subsetNames } = table
  if (subsetNames.length < 2) return undefined
  const values = margins.map((margin) => (margin > 0 ? 1 : 0))
  const named = pairsWhere(table.pairs, (pair) => at(subsetOf, pair) !== -1)
  const { pairs, prompts, accuracy } = partOf(table, named)
  const isKnown = accuracy !== null && prompts > 1
  return {
    subsets: subsetNames.length,
    pairs,
    weighted: statisticOf(isKnown ? accuracy : { value: accuracy?.value ?? NaN, low: NaN, high: NaN }),
    unweighted: statisticOf(meanOfParts(values, subsetOf, subsetNames.length, table)),
  }
}

/**
 * The mean over parts of the mean of each part, with a 95 % interval that respects prompts. A prompt may have pairs in
 * several parts: what it adds to each of them is one influence of that prompt.
 * @param values from 0 to 1, one a pair
 * @param ofPair the part of each pair, from 0; -1 for none
 */
function meanOfParts(values: Float64Array, ofPair: Int32Array, parts: number, table: RewardTable): Interval {
  const [sums, sizes] = [new Float64Array(parts), new Float64Array(parts)]
  ofPair.forEach((part, pair) => {
    if (part === -1) return
    sums[part] = at(sums, part) + at(values, pair)
    sizes[part] = at(sizes, part) + 1
  })
  const means = sums.map((sum, part) => sum / at(sizes, part))
  const influence = values.map((value, pair) => {
    const part = at(ofPair, pair)
    return part === -1 ? 0 : ((value - at(means, part)) * values.length) / (parts * at(sizes, part))
  })
  const mean = means.reduce((sum, one) => sum + one, 0) / parts
  return shareInterval(mean, influence, promptClusters(table))
}
