import { float64At } from '../at.ts'
import type { Draws } from './bootstrap.ts'
import { type Clusters, clusterSums } from './clusters.ts'
import { normalQuantile } from './distributions.ts'
import { influenceInterval, meanOf } from './intervals.ts'
import { checkLengths, type Distinct, distinct, middleShares, sumsAbove } from './distinct.ts'
import { signFlipTest, type TestResult } from './sign-flips.ts'
import type { Interval } from './types.ts'

/** A correlation, with the influence of each pair on it (see `influenceInterval`). NaN where a column is constant. */
export interface Correlation {
  readonly value: number
  readonly influence: Float64Array
}

/** Pearson's correlation of two columns. */
export function pearson(first: ArrayLike<number>, second: ArrayLike<number>): Correlation {
  checkLengths(first, second)
  const [a, b] = [centered(first), centered(second)]
  return normalised(products(a, b), products(a, a), products(b, b))
}

/**
 * Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of their ranks. The influence counts
 * that a pair moves the ranks of others, too (Croux and Dehon 2010).
 */
export function spearman(first: ArrayLike<number>, second: ArrayLike<number>): Correlation {
  checkLengths(first, second)
  const [a, b] = [distinct(first), distinct(second)]
  return normalised(rankProducts(a, b), rankProducts(a, a), rankProducts(b, b))
}

/**
 * Spearman's rank correlation alone (scipy's `spearmanr`).
 * @throws RangeError for columns of different lengths
 */
export const spearmanCorrelation = (first: ArrayLike<number>, second: ArrayLike<number>): number =>
  spearman(first, second).value

/**
 * The partial correlation of x and y given z, from the three correlations: what is left of the first where z is held
 * constant. For Pearson's, that is the correlation of the residuals of regressions on z. Spearman's is close to 0, but not
 * exactly 0, where x and y have only z in common.
 */
export function partialCorrelation(xy: Correlation, xz: Correlation, yz: Correlation): Correlation {
  const [restX, restY] = [1 - xz.value ** 2, 1 - yz.value ** 2]
  const scale = Math.sqrt(restX * restY)
  const value = (xy.value - xz.value * yz.value) / scale
  const byXz = (value * xz.value) / restX - yz.value / scale
  const byYz = (value * yz.value) / restY - xz.value / scale
  const influence = xy.influence.map(
    (one, i) => one / scale + byXz * float64At(xz.influence, i) + byYz * float64At(yz.influence, i),
  )
  return { value, influence }
}

/**
 * The 95 % interval of a correlation on Fisher's scale, atanh, with the cluster-robust error of its influences. Where
 * influences show no spread over clusters, as for a correlation of 1 or -1, it is Fisher's for as many independent pairs
 * as there are clusters.
 */
export function correlationInterval({ value, influence }: Correlation, clusters: Clusters): Interval {
  const scaled = influence.map((one) => one / (1 - value ** 2))
  const { low, high } = influenceInterval(Math.atanh(value), scaled, clusters)
  return 1 - Math.abs(value) < 1e-12 || high - low < 1e-9
    ? fisherInterval(value, clusterSums(influence, clusters).sums.length)
    : { value, low: Math.tanh(low), high: Math.tanh(high) }
}

/** Fisher's interval (1921). A correlation of 1, which is at the end of his scale, counts as 1 - 1 / count. */
function fisherInterval(value: number, count: number): Interval {
  if (count === 1) return { value, low: NaN, high: NaN }
  if (count <= 3) return { value, low: -1, high: 1 }
  const most = 1 - 1 / count
  const center = Math.atanh(Math.max(-most, Math.min(most, value)))
  const half = normalQuantile(0.975) / Math.sqrt(count - 3)
  return {
    value,
    low: value < -most ? -1 : Math.tanh(center - half),
    high: value > most ? 1 : Math.tanh(center + half),
  }
}

/**
 * Tests that a correlation is 0, by flipping the signs of each cluster's pseudo-values. A pair's pseudo-value is the
 * correlation plus the pair's influence, and their mean is the correlation. As for the residuals of a regression line,
 * the influences of c clusters are scaled by the root of c / (c - 2): fitting made them a little too small.
 */
export function correlationTest({ value, influence }: Correlation, clusters: Clusters, draws: Draws): TestResult {
  const prompts = clusterSums(influence, clusters).sums.length
  const scale = Math.sqrt(prompts / Math.max(1, prompts - 2))
  const pseudoValues = influence.map((one) => value + scale * one)
  return signFlipTest(pseudoValues, clusters, draws)
}

/** A mean of products with the influence of each pair on it. */
interface Products {
  readonly mean: number
  readonly influence: Float64Array
}

function normalised(both: Products, first: Products, second: Products): Correlation {
  const scale = Math.sqrt(first.mean * second.mean)
  // Rounding must not leave the range, where Fisher's scale ends.
  const value = Math.max(-1, Math.min(1, both.mean / scale))
  const influence = both.influence.map((one, i) => {
    const ofScale = float64At(first.influence, i) / first.mean + float64At(second.influence, i) / second.mean
    return one / scale - (value / 2) * ofScale
  })
  return { value, influence }
}

function products(a: Float64Array, b: Float64Array): Products {
  const each = a.map((value, i) => value * float64At(b, i))
  const mean = meanOf(each)
  return { mean, influence: each.map((value) => value - mean) }
}

/**
 * Products of two columns' middle ranks, as shares less one half. A pair also moves the ranks of all values above its own,
 * in both columns.
 */
function rankProducts(a: Distinct, b: Distinct): Products {
  const [f, g] = [middleShares(a).map((share) => share - 0.5), middleShares(b).map((share) => share - 0.5)]
  const { mean, influence } = products(f, g)
  const [byA, byB] = [sumsAbove(a, g), sumsAbove(b, f)]
  const count = f.length
  return {
    mean,
    influence: influence.map((one, i) => one + (float64At(byA, i) + float64At(byB, i)) / count - 2 * mean),
  }
}

function centered(values: ArrayLike<number>): Float64Array {
  const mean = meanOf(values)
  return Float64Array.from(values, (value) => value - mean)
}
