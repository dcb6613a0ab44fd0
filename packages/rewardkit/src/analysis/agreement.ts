import { float64At, int32At } from '../at.ts'
import { type Correlation, correlationInterval, correlationTest, spearman } from '../statistics/correlations.ts'
import { distinct } from '../statistics/distinct.ts'
import { clusteredMean } from '../statistics/intervals.ts'
import { kendallTauB } from '../statistics/kendall.ts'
import type { Interval } from '../statistics/types.ts'
import { clustersIn, type Part, pairsWhere, partOf, valuesOf } from './parts.ts'
import type { RewardTable } from './reward-table.ts'

/** How far reward margins agree with annotated margins, on the pairs that have one. */
export interface Agreement {
  readonly pairs: number
  readonly prompts: number
  /** Null, with `reason`, where it is undefined. */
  readonly spearman: RankCorrelation | null
  /** Of reward margins and grades: its test is Jonckheere's for a trend over the grades, by prompts. */
  readonly kendall_tau_b: RankCorrelation | null
  readonly reason: string | null
  /** The annotated margins are these values, or ranges of them with about as many pairs each. */
  readonly grades: readonly GradePart[]
}

/** A rank correlation, and the p value of 0 by sign flips of prompts. */
export interface RankCorrelation extends Interval {
  readonly p: number
}

/** The pairs with an annotated margin of `from` to `to`. */
export interface GradePart extends Part {
  readonly from: number
  readonly to: number
  /** Null for one prompt. */
  readonly mean_reward_margin: Interval | null
}

/** Up to this many different margins are grades; more are taken together in `ranges` ranges. */
const mostGrades = 10
const ranges = 5
const draws = { draws: 10_000, seed: 0 }

/** Null where no pair has an annotated margin. */
export function agreement(table: RewardTable): Agreement | null {
  const annotated = table.annotatedMargins
  if (!annotated) return null
  const pairs = pairsWhere(table.pairs, (pair) => !Number.isNaN(float64At(annotated, pair)))
  if (pairs.length === 0) return null
  const margins = valuesOf(table.margins, pairs)
  const grades = valuesOf(annotated, pairs)
  const clusters = clustersIn(table, pairs)
  const tested = (correlation: Correlation): RankCorrelation | null => {
    const interval = correlationInterval(correlation, clusters)
    const { p } = correlationTest(correlation, clusters, draws)
    return Number.isFinite(interval.low) && Number.isFinite(interval.high) ? { ...interval, p } : null
  }
  const { prompts } = partOf(table, pairs)
  const reason = undefinedReason(margins, grades, prompts)
  return {
    pairs: pairs.length,
    prompts,
    spearman: reason === null ? tested(spearman(margins, grades)) : null,
    kendall_tau_b: reason === null ? tested(kendallTauB(margins, grades)) : null,
    reason,
    grades: gradeParts(table, pairs, grades),
  }
}

function undefinedReason(margins: Float64Array, grades: Float64Array, prompts: number): string | null {
  if (prompts === 1) return 'all pairs are of one prompt'
  if (grades.every((grade) => grade === grades[0])) return 'all annotated margins are equal'
  return margins.every((margin) => margin === margins[0]) ? 'all reward margins are equal' : null
}

function gradeParts(table: RewardTable, pairs: Int32Array, grades: Float64Array): GradePart[] {
  const { place, counts } = distinct(grades)
  // The number of the grade, or of the range in which the middle of the equal margins lies.
  let below = 0
  const numbers = counts.map((count, value) => {
    below += count
    return counts.length <= mostGrades ? value : Math.floor((ranges * (below - count / 2)) / grades.length)
  })
  const numberOf = (index: number) => float64At(numbers, int32At(place, index))
  return [...new Set(numbers)].map((number) => {
    const members = pairsWhere(pairs.length, (index) => numberOf(index) === number)
    const of = members.map((index) => int32At(pairs, index))
    const values = valuesOf(grades, members)
    const mean = clusteredMean(valuesOf(table.margins, of), clustersIn(table, of))
    return {
      from: values.reduce((least, value) => Math.min(least, value), Infinity),
      to: values.reduce((most, value) => Math.max(most, value), -Infinity),
      ...partOf(table, of),
      mean_reward_margin: Number.isFinite(mean.low) ? mean : null,
    }
  })
}
