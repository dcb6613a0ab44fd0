import { at } from '../at.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { influenceInterval } from '../statistics/intervals.ts'
import { spearmanCorrelation } from '../statistics/correlations.ts'
import { normalizedRanks } from '../statistics/ranks.ts'
import { type Claim, claim, digits } from './claims.ts'
import { influencedBy, influences, type Moments, momentsOf } from './moments.ts'
import type { RewardTable } from './reward-table.ts'
import { exponential, linear, type Statistic, statisticOf, undefinedFor } from './statistic.ts'

/** What is compared of a model on a set of pairs. */
export interface ModelMargins {
  /** A share, from 0 to 1. */
  readonly accuracy: number
  readonly distribution: Readonly<
    Record<'mean' | 'mean_over_standard_deviation' | 'excess_kurtosis', Pick<Statistic, 'value'>>
  >
}

/**
 * The claims about how margins change with accuracy from model to model (Figure 1, left), by Spearman's correlation and
 * its permutation test. Models are the sample here: the interval of each number on its own says nothing about it.
 */
export function claimsAcrossModels(models: readonly ModelMargins[]): Claim[] {
  const accuracies = models.map(({ accuracy }) => accuracy)
  const about = (name: string, what: string, values: readonly (number | null)[], sign: 1 | -1) =>
    correlationClaim(
      name,
      (found) => `the correlation of ${what} with accuracy over ${models.length} models is ${found}`,
      sign,
      [accuracies, values],
    )
  const values = (name: keyof ModelMargins['distribution']) =>
    models.map(({ distribution }) => distribution[name].value)
  return [
    about('lower_kurtosis_with_higher_accuracy', 'kurtosis', values('excess_kurtosis'), -1),
    about('higher_mean_with_higher_accuracy', 'the mean reward margin', values('mean'), 1),
    about(
      'higher_mean_with_higher_accuracy_scale_free',
      'the mean in standard deviations',
      values('mean_over_standard_deviation'),
      1,
    ),
  ]
}

/** With fewer models not even a perfect order is rarer than 5 % by chance. */
export const leastModels = 5

function correlationClaim(
  name: string,
  sentence: (found: string) => string,
  sign: 1 | -1,
  [accuracies, values]: readonly [readonly number[], readonly (number | null)[]],
): Claim {
  const defined = values.flatMap((value) => value ?? [])
  const correlation = defined.length === values.length ? spearmanCorrelation(accuracies, defined) : NaN
  if (!Number.isFinite(correlation))
    return claim(name, undefinedFor('there are too few models, or they do not differ'), sentence)
  const about = { claim: name, value: correlation, low: null, high: null }
  const found = sentence(`${digits(correlation)} (Spearman)`)
  if (values.length < leastModels) {
    const words = `${found}, but ${leastModels} models are the fewest that could show it: with fewer, any order comes about by chance in more than 5 % of cases`
    return { ...about, verdict: 'cannot tell', reason: `fewer than ${leastModels} models`, words }
  }
  const p = permutationTest(accuracies, defined, Math.abs(correlation))
  const verdict = p > 0.05 ? 'cannot tell' : correlation * sign > 0 ? 'holds' : 'does not hold'
  const reason = 'a permutation test takes the place of an interval'
  return { ...about, verdict, reason, words: `${found}, p = ${digits(p)} by ${permutationName(values.length)}` }
}

const mostExact = 8
const randomOrders = 10_000

const permutationName = (count: number): string =>
  count <= mostExact
    ? 'all orders of the models'
    : `${randomOrders.toLocaleString('en-US')} random orders of the models`

/** The share of orders whose correlation is at least as far from zero: of all orders, or of random ones and the seen one. */
function permutationTest(first: readonly number[], second: readonly number[], observed: number): number {
  const [ranks, others] = [normalizedRanks(Float64Array.from(first)), normalizedRanks(Float64Array.from(second))]
  const isAsFar = (order: ArrayLike<number>) => {
    const correlation = ranks.reduce((sum, rank, model) => sum + rank * at(others, at(order, model)), 0)
    return Math.abs(correlation) >= observed - 1e-12
  }
  if (first.length <= mostExact) {
    const orders = allOrders(first.length)
    return orders.filter(isAsFar).length / orders.length
  }
  const random = createRandom(0, 'orders of models')
  let asFar = 1
  for (let draw = 0; draw < randomOrders; draw++) if (isAsFar(shuffledIndexes(first.length, random))) asFar++
  return asFar / (randomOrders + 1)
}

function allOrders(count: number): number[][] {
  if (count === 0) return [[]]
  return allOrders(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, place) => order.toSpliced(place, 0, count - 1)),
  )
}

/**
 * The claims about training with margins (Figure 1, right): the distribution shifts to the right and widens. Each is
 * stated raw and free of scale, since a larger reward scale alone does both. The scale-free shift is of the mean over the
 * standard deviation; the scale-free width is the standard deviation of margins over that of all rewards.
 * @param without the rewards of a model trained without margins
 * @param withMargins those of a model trained with margins, on the same pairs in the same order
 * @param clusters the prompts of the pairs
 */
export function claimsOfMarginTraining(without: PairRewards, withMargins: PairRewards, clusters: Clusters): Claim[] {
  const [pairs, others] = [without.margins.length, withMargins.margins.length]
  if (pairs !== others) throw new RangeError(`${pairs} pairs against ${others}`)
  const [before, after] = [spreadOf(without), spreadOf(withMargins)]
  const equal = before && after ? null : undefinedFor('all reward margins of a model are equal')
  const difference = (name: keyof Spread): Statistic =>
    equal ??
    statisticOf(
      influenceInterval(
        (after?.[name].value ?? 0) - (before?.[name].value ?? 0),
        Float64Array.from(without.margins, (_, pair) => {
          return (after?.[name].influences[pair] ?? 0) - (before?.[name].influences[pair] ?? 0)
        }),
        clusters,
      ),
    )
  return [
    claim(
      'margins_shift',
      difference('mean'),
      (found) => `the growth of the mean reward margin with margins is ${found}`,
    ),
    claim(
      'margins_shift_scale_free',
      difference('ratio'),
      (found) => `the growth of the mean over the standard deviation with margins is ${found}`,
    ),
    claim(
      'margins_widen',
      growth(difference('logDeviation')),
      (found) => `the growth of the standard deviation with margins, in percent, is ${found}`,
    ),
    claim(
      'margins_widen_scale_free',
      growth(difference('logWidth')),
      (found) => `the growth of the standard deviation of reward margins over that of rewards, in percent, is ${found}`,
    ),
  ]
}

/** The columns of a table that hold rewards. */
export type PairRewards = Pick<RewardTable, 'margins' | 'chosenRewards' | 'rejectedRewards'>

/** A difference of logarithms as a growth in percent. */
const growth = (statistic: Statistic): Statistic => linear(exponential(statistic), 100, -100)

type Part = { readonly value: number; readonly influences: Float64Array }
type Spread = Record<'mean' | 'ratio' | 'logDeviation' | 'logWidth', Part>

/** Place and width of the margins with the influence of each pair; null where all are equal. */
function spreadOf({ margins, chosenRewards, rejectedRewards }: PairRewards): Spread | null {
  const moments = momentsOf(margins)
  if (moments.second === 0) return null
  const { logDeviation, meanOverDeviation } = influencedBy(moments)
  const part = (influenced: typeof logDeviation): Part => ({
    value: influenced.value,
    influences: influences(margins, moments, influenced),
  })
  const deviation = part(logDeviation)
  const rewards = rewardSpread(chosenRewards, rejectedRewards)
  return {
    mean: { value: moments.mean, influences: margins.map((margin) => margin - moments.mean) },
    ratio: part(meanOverDeviation),
    logDeviation: deviation,
    logWidth: {
      value: deviation.value - rewards.value,
      influences: deviation.influences.map((influence, pair) => influence - at(rewards.influences, pair)),
    },
  }
}

/** The logarithm of the standard deviation of the rewards of both responses. */
function rewardSpread(chosen: Float64Array, rejected: Float64Array): Part {
  const { mean, second }: Moments = momentsOf(joined(chosen, rejected))
  return {
    value: Math.log(second) / 2,
    influences: chosen.map((reward, pair) => {
      const squares = (reward - mean) ** 2 + (at(rejected, pair) - mean) ** 2
      return (squares / 2 - second) / (2 * second)
    }),
  }
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
