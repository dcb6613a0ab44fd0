import { at } from '../at.ts'
import { clusteredShare, clusteredShareDifference } from '../statistics/intervals.ts'
import type { BaselineName, Interval } from '../statistics/types.ts'
import { rewardBaselines } from './baseline-columns.ts'
import { pairsOfSubsets, subsetsWithParents } from './pair-summary.ts'
import { longerBy, promptClusters, type RewardTable, selectPairs } from './reward-table.ts'

/** How the reward model does beside a baseline, on the same pairs. */
export interface BaselineResult {
  /** Pairs that the baseline has a margin for. */
  readonly pairs: number
  /** A baseline's tie counts one half. */
  readonly accuracy: Interval
  /** Accuracy of the reward model minus that of the baseline, paired. */
  readonly difference: Interval
  /** Whether the interval of the difference is above 0, below it, or around it. */
  readonly beats: 'yes' | 'no' | 'not told apart'
  /** Its accuracy in each subset. */
  readonly subsets: Readonly<Record<string, Interval>>
}

/** What costs nothing, or next to nothing, and what a reward model has to beat. */
export type Baselines = Readonly<Partial<Record<'longer_wins' | BaselineName, BaselineResult>>>

/** The baselines that there are, in the order in which they are shown. */
export const entriesOf = (baselines: Baselines): (readonly [keyof Baselines, BaselineResult])[] =>
  (['longer_wins', ...rewardBaselines] as const).flatMap((name) => {
    const result = baselines[name]
    return result ? [[name, result] as const] : []
  })

/** The reward model beside each baseline that the table has what it takes for. */
export function compareWithBaselines(table: RewardTable): Baselines {
  const { baselineMargins = {} } = table
  const margins = [
    ['longer_wins', longerBy(table)] as const,
    ...rewardBaselines.map((name) => [name, baselineMargins[name]] as const),
  ]
  return Object.fromEntries(
    margins.flatMap(([name, theirs]) => {
      const result = theirs && compareWith(table, theirs)
      return result ? [[name, result]] : []
    }),
  )
}

/** Undefined where no pair has a margin. */
function compareWith(table: RewardTable, margins: Float64Array): BaselineResult | undefined {
  const known = Int32Array.from(table.margins.keys()).filter((pair) => !Number.isNaN(at(margins, pair)))
  if (known.length === 0) return undefined
  const isWhole = known.length === table.pairs
  const both = isWhole ? table : selectPairs(table, known)
  const theirs = isWhole ? margins : Float64Array.from(known, (pair) => at(margins, pair))
  const right = theirs.map((margin) => (1 + Math.sign(margin)) / 2)
  const clusters = promptClusters(both)
  const difference = clusteredShareDifference(
    right.map((share, pair) => (at(both.margins, pair) > 0 ? 1 : 0) - share),
    clusters,
  )
  const parts = subsetsWithParents(both.subsetNames)
  const subsets = [...parts].map(([name, numbers]): [string, Interval] => {
    const pairs = pairsOfSubsets(both, numbers)
    const part = promptClusters(selectPairs(both, pairs))
    return [
      name,
      clusteredShare(
        Float64Array.from(pairs, (pair) => at(right, pair)),
        part,
      ),
    ]
  })
  return {
    pairs: both.pairs,
    accuracy: clusteredShare(right, clusters),
    difference,
    beats: both.promptIds.length === 1 ? 'not told apart' : beats(difference),
    subsets: Object.fromEntries(subsets),
  }
}

function beats({ low, high }: Interval): BaselineResult['beats'] {
  if (low > 0) return 'yes'
  return high < 0 ? 'no' : 'not told apart'
}
