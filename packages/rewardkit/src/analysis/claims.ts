import { clusteredShare, clusteredShareDifference } from '../statistics/intervals.ts'
import { normalCdf } from '../statistics/distributions.ts'
import type { MarginDistribution } from './margin-distribution.ts'
import { momentsOf } from './moments.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'
import { type Statistic, statisticOf, undefinedFor } from './statistic.ts'

/** Whether the data bear a claim out. */
export type ClaimVerdict = 'holds' | 'does not hold' | 'cannot tell'

/** A claim of the paper (section 4) with the number that it is about, and a sentence. */
export interface Claim extends Statistic {
  readonly claim: string
  readonly verdict: ClaimVerdict
  readonly words: string
}

/** The claims about one model: `claims` of `summary.json`. */
export function claimsOf(table: RewardTable, distribution: MarginDistribution): Claim[] {
  const { mean, mean_over_standard_deviation: ratio, skewness } = distribution
  return [
    claim('mean_above_zero', mean, (found) => `the mean reward margin is ${found}`),
    claim(
      'mean_above_zero_scale_free',
      ratio,
      (found) => `the mean reward margin, in standard deviations, is ${found}`,
    ),
    claim('positive_skew', skewness, (found) => `the skewness g1 of the reward margins is ${found}`),
    clustersAtZero(table),
  ]
}

/**
 * A claim that a number is above zero. It holds where the whole interval is, does not hold where all of it is below, and
 * otherwise the data cannot tell.
 * @param sentence with the number and its interval in it
 */
export function claim(name: string, statistic: Statistic, sentence: (found: string) => string): Claim {
  const { value, low, high, reason } = statistic
  const about = { claim: name, ...statistic }
  if (value === null) return { ...about, verdict: 'cannot tell', words: `${sentence('undefined')}: ${reason}` }
  if (low === null || high === null)
    return { ...about, verdict: 'cannot tell', words: `${sentence(digits(value))}, without an interval: ${reason}` }
  const [shown, from, to] = alike([value, low, high])
  const words = sentence(`${shown} (${from} to ${to})`)
  if (low > 0) return { ...about, verdict: 'holds', words: `${words}, above zero` }
  if (high < 0) return { ...about, verdict: 'does not hold', words: `${words}, below zero` }
  return { ...about, verdict: 'cannot tell', words: `${words}, and the interval includes zero` }
}

/** Three significant digits. */
export const digits = (value: number): string => String(Number(value.toPrecision(3)))

/** Numbers with equally many decimals: three as in the tables, fewer of large ones. Very small ones have three digits. */
function alike(values: readonly number[]): string[] {
  const largest = Math.max(...values.map(Math.abs))
  if (largest > 0 && largest < 0.0005) return values.map(digits)
  const decimals = largest < 10 ? 3 : largest < 100 ? 1 : 0
  return values.map((value) => value.toFixed(decimals).replace(/^-(?=[0.]*$)/, ''))
}

/** What is near zero, as a part of the root mean square. */
const near = 0.1

/**
 * Predictions cluster at zero while annotations do not. The number is how many more of the reward margins than of the
 * annotated margins lie near zero: within a tenth of their root mean square. So neither scale matters. The claim holds
 * where it is above zero and where reward margins lie there more often than normal ones would. Grades have nothing near
 * zero by construction, so the number alone would show no cluster. The root mean squares and the share of a normal
 * distribution count as known.
 */
function clustersAtZero(table: RewardTable): Claim {
  const name = 'predictions_cluster_at_zero'
  const { annotatedMargins } = table
  const sentence = (found: string) =>
    `the share of reward margins near zero, less that of annotated margins, is ${found}`
  if (!annotatedMargins) return claim(name, undefinedFor('the pairs have no annotated margins'), sentence)
  const isAnnotated = (_: number, pair: number) => Number.isFinite(annotatedMargins[pair])
  const predicted = table.margins.filter(isAnnotated)
  const annotated = annotatedMargins.filter(isAnnotated)
  const clusters = promptClusters(table)
  const [p, a] = [nearZero(predicted), nearZero(annotated)]
  if (!p || !a) return claim(name, undefinedFor(`all ${p ? 'annotated' : 'reward'} margins are zero`), sentence)
  const prompts = { ...clusters, of: clusters.of.filter(isAnnotated) }
  const difference = statisticOf(
    clusteredShareDifference(
      p.isNear.map((value, pair) => value - (a.isNear[pair] ?? 0)),
      prompts,
    ),
  )
  const { verdict: ofDifference, ...rest } = claim(name, difference, sentence)
  const { mean, second } = momentsOf(predicted)
  const deviation = Math.sqrt(second)
  const expected =
    second === 0 ? 0 : normalCdf((near * p.scale - mean) / deviation) - normalCdf((-near * p.scale - mean) / deviation)
  const { low, high } = clusteredShare(p.isNear, prompts)
  const ofCluster = low > expected ? 'holds' : high < expected ? 'does not hold' : 'cannot tell'
  const words = `${percent(p.share)} of the reward margins (${points(low)} to ${points(high)}) and ${percent(a.share)} of the annotated margins are within a tenth of their root mean square of zero: ${pointsText(difference)}; a normal distribution of the same mean and spread has ${percent(expected)} there`
  return { ...rest, verdict: both(ofDifference, ofCluster), words }
}

/** A claim of two parts. */
function both(first: ClaimVerdict, second: ClaimVerdict): ClaimVerdict {
  if (first === 'does not hold' || second === 'does not hold') return 'does not hold'
  return first === 'holds' ? second : first
}

function nearZero(values: Float64Array): { scale: number; share: number; isNear: Float64Array } | null {
  let squares = 0
  for (const value of values) squares += value * value
  const scale = Math.sqrt(squares / values.length)
  if (!(scale > 0)) return null
  const isNear = values.map((value) => (Math.abs(value) < near * scale ? 1 : 0))
  return { scale, share: isNear.reduce((sum, value) => sum + value, 0) / values.length, isNear }
}

const points = (share: number): string => (100 * share).toFixed(1)
const percent = (share: number): string => `${points(share)} %`

function pointsText({ value, low, high, reason }: Statistic): string {
  if (value === null) return `${reason}`
  const signed = (share: number) => `${share < 0 ? '' : '+'}${points(share)}`
  return low === null || high === null
    ? `a difference of ${signed(value)} points, without an interval: ${reason}`
    : `a difference of ${signed(value)} points (${signed(low)} to ${signed(high)})`
}
