import { at } from '../at.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { pairsWhere, partOf } from './parts.ts'
import { onePrompt, type Statistic, statisticOf } from './statistic.ts'
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
    unweighted: meanOfSubsets(values, table, promptClusters(table)),
  }
}

/**
 * The mean over subsets of the mean of each, with a 95 % interval that respects prompts. A prompt may have pairs in several
 * subsets: what it adds to each of them is one influence of that prompt. Each subset has a mean of its own, which k
 * prompts lie closer to than to the true one, so influences are larger by the root of k / (k - 1). A subset with one
 * prompt does not say how its prompts differ, so there is no interval.
 * @param values from 0 to 1, one a pair
 */
function meanOfSubsets(values: Float64Array, { subsetOf, subsetNames }: RewardTable, clusters: Clusters): Statistic {
  const count = subsetNames.length
  const [sums, sizes, prompts] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)]
  const seen = new Set<number>()
  subsetOf.forEach((subset, pair) => {
    if (subset === -1) return
    sums[subset] = at(sums, subset) + at(values, pair)
    sizes[subset] = at(sizes, subset) + 1
    if (seen.size < seen.add(subset * clusters.count + at(clusters.of, pair)).size)
      prompts[subset] = at(prompts, subset) + 1
  })
  const means = sums.map((sum, subset) => sum / at(sizes, subset))
  const mean = means.reduce((sum, one) => sum + one, 0) / count
  const single = subsetNames.find((_, subset) => at(prompts, subset) === 1)
  if (single !== undefined)
    return {
      value: mean,
      low: null,
      high: null,
      reason: clusters.count === 1 ? onePrompt : `${single} has one prompt, so its spread over prompts is unknown`,
    }
  const weights = prompts.map((k, subset) => (Math.sqrt(k / (k - 1)) * values.length) / (count * at(sizes, subset)))
  const influence = values.map((value, pair) => {
    const subset = at(subsetOf, pair)
    return subset === -1 ? 0 : (value - at(means, subset)) * at(weights, subset)
  })
  return statisticOf(shareInterval(mean, influence, clusters))
}
