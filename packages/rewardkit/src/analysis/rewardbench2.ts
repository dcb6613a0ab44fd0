import { type Statistic, statisticOf, undefinedFor } from './statistic.ts'
import type { GroupRewards } from './group-rewards.ts'
import type { RewardTable } from './reward-table.ts'
import { shareInterval } from './share-interval.ts'
import { tiesTerms, type TiesTerm } from './rewardbench2-ties.ts'

/**
 * RewardBench 2 as its own package scores it (rewardbench 0.1.4, `reroll_and_score_dataset` and `process_single_model`).
 * Where responses share the highest reward with the right one, its groups count in part; `best_of_k` counts them as wrong.
 */
export interface RewardBench2 {
  /** Each with its number of groups; Ties with its own rule. */
  readonly subsets: Readonly<Record<string, { readonly groups: number; readonly score: Statistic }>>
  /** The mean of the subsets, each alike. */
  readonly average: Statistic
}

/** A score that is a sum of weighted means, each over some units: what is known of each unit. */
interface Score {
  readonly groups: number
  readonly terms: readonly TiesTerm[]
  readonly reason?: string
}

/** The scores of all subsets; undefined without groups of RewardBench 2. */
export function rewardBench2(all: readonly GroupRewards[], table: RewardTable): RewardBench2 | undefined {
  const groups = all.filter(({ layout, subset }) => layout === 'rewardbench2' && subset !== -1)
  if (groups.length === 0) return undefined
  const scores = table.subsetNames.flatMap((name, number) => {
    const members = groups.filter(({ subset }) => subset === number)
    return members.length === 0 ? [] : [[name, scoreOf(name, members)] as const]
  })
  const undefinedScore = scores.find(([, { reason }]) => reason !== undefined)?.[1]
  const terms = scores.flatMap(([, score]) =>
    score.terms.map((term) => ({ ...term, weight: term.weight / scores.length })),
  )
  return {
    subsets: Object.fromEntries(
      scores.map(([name, { groups: count, terms: own, reason }]) => [
        name,
        { groups: count, score: reason === undefined ? weightedMean(own) : undefinedFor(reason) },
      ]),
    ),
    average: undefinedScore?.reason === undefined ? weightedMean(terms) : undefinedFor(undefinedScore.reason),
  }
}

function scoreOf(name: string, groups: readonly GroupRewards[]): Score {
  if (name.toLowerCase() === 'ties') return { groups: groups.length, ...tiesTerms(groups) }
  const units = groups.map(({ prompt, ...group }) => ({ cluster: `prompt ${prompt}`, value: resultOf(group) }))
  return { groups: groups.length, terms: [{ weight: 1, units }] }
}

/** 1 over the number of responses with the highest reward, where the right one is among them; else 0. */
function resultOf({ chosen, rejected }: Pick<GroupRewards, 'chosen' | 'rejected'>): number {
  const [right = NaN] = chosen.values()
  const rewards = [...chosen.values(), ...rejected.values()]
  const highest = Math.max(...rewards)
  return right === highest ? 1 / rewards.filter((reward) => reward === highest).length : 0
}

/** The sum of weighted means with a 95 % interval over clusters, from the influence of each unit on it. */
function weightedMean(terms: readonly TiesTerm[]): Statistic {
  const total = terms.reduce((sum, { units }) => sum + units.length, 0)
  const numbers = new Map<string, number>()
  const [of, influence]: [number[], number[]] = [[], []]
  let score = 0
  for (const { weight, units } of terms) {
    if (units.length === 0) continue
    const mean = units.reduce((sum, { value }) => sum + value, 0) / units.length
    score += weight * mean
    for (const { cluster, value } of units) {
      const number = numbers.get(cluster) ?? numbers.size
      numbers.set(cluster, number)
      of.push(number)
      influence.push((weight * total * (value - mean)) / units.length)
    }
  }
  return statisticOf(shareInterval(score, influence, { of: Int32Array.from(of), count: numbers.size }))
}
