import { at, float64At } from '../at.ts'
import { createResampling, type Draws, percentileInterval } from './bootstrap.ts'
import { type Clusters, clusterSums, occurring } from './clusters.ts'
import { clusteredEstimate, type Estimate, meanOf } from './intervals.ts'
import type { Interval } from './types.ts'

/**
 * Two arms that were trained with several seeds and evaluated on the same pairs: for each seed, a value of each pair
 * (right or wrong, or the reward margin).
 */
export interface CrossedArms {
  readonly first: readonly Float64Array[]
  readonly second: readonly Float64Array[]
  readonly clusters: Clusters
  /** Whether seed i of one arm shares initial weights and order of data with seed i of the other. */
  readonly isPaired: boolean
}

/**
 * The mean of the second arm less that of the first, with an error that knows of seeds and prompts. Its square is the
 * variance between seeds, plus that between prompts, less that of their interaction, which both contain. These are the
 * mean squares of a two-way analysis of variance. The error is never below either. Degrees of freedom are seeds - 1, of the arm with fewer. With one seed in either arm,
 * only prompts count, and the error says nothing of training noise.
 * @param overPrompts another estimate of the difference of these very models, such as one made for shares
 */
export function crossedEstimate(
  arms: CrossedArms,
  overPrompts: Estimate = clusteredEstimate(
    differences(meanOverSeeds(arms.second), meanOverSeeds(arms.first)),
    arms.clusters,
  ),
): Estimate {
  const { first, second, clusters, isPaired } = arms
  const seeds = Math.min(first.length, second.length)
  if (seeds === 1) return overPrompts
  const noises = isPaired
    ? [seedNoise(pairedDifferences(arms), clusters)]
    : [seedNoise(first, clusters), seedNoise(second, clusters)]
  const ofSeeds = noises.reduce((sum, { variance }) => sum + variance, 0)
  const ofInteraction = noises.reduce((sum, { interaction }) => sum + interaction, 0)
  const ofPrompts = overPrompts.error ** 2
  return {
    value: overPrompts.value,
    error: Math.sqrt(Math.max(ofSeeds, ofPrompts, ofSeeds + ofPrompts - ofInteraction)),
    degrees: Math.min(overPrompts.degrees, seeds - 1),
  }
}

/**
 * The same difference with the 95 % percentile interval of two-way resampling: each draw takes seeds with replacement,
 * and prompts with replacement (Owen 2007). Paired seeds are drawn together. With few seeds it is too narrow: a resample
 * of three seeds varies by two thirds of what three seeds do. `crossedEstimate` allows for that.
 */
export function crossedBootstrap(arms: CrossedArms, { draws, seed }: Draws): Interval {
  const clusters = occurring(arms.clusters)
  const sumsOf = (values: Float64Array) => clusterSums(values, clusters).sums
  const { sizes } = clusterSums(at(arms.first, 0), clusters)
  const [first, second] = [arms.first.map(sumsOf), arms.second.map(sumsOf)]
  const drawPrompts = createResampling(clusters.count, seed)
  const drawSecond = createResampling(second.length, seed + 1)
  const drawFirst = createResampling(first.length, seed + 2)
  const values = Float64Array.from({ length: draws }, () => {
    const prompts = drawPrompts()
    const ofSecond = drawSecond()
    const ofFirst = arms.isPaired ? ofSecond : drawFirst()
    const pairs = dot(prompts, sizes)
    const mean = (sums: readonly Float64Array[], times: Float64Array) =>
      sums.reduce((total, one, i) => total + (times[i] === 0 ? 0 : at(times, i) * dot(prompts, one)), 0) / sums.length
    return (mean(second, ofSecond) - mean(first, ofFirst)) / pairs
  })
  return percentileInterval(meanOf(meanOverSeeds(arms.second)) - meanOf(meanOverSeeds(arms.first)), values)
}

/** Variance of the mean over seeds that is due to seeds, and to seeds doing better on some prompts than on others. */
function seedNoise(
  values: readonly Float64Array[],
  clusters: Clusters,
): { readonly variance: number; readonly interaction: number } {
  const seeds = values.length
  const means = Float64Array.from(values, meanOf)
  const grand = meanOf(means)
  const variance = means.reduce((sum, mean) => sum + (mean - grand) ** 2, 0) / (seeds - 1) / seeds
  const ofPairs = meanOverSeeds(values)
  let interaction = 0
  values.forEach((ofSeed, index) => {
    const shift = at(means, index) - grand
    const { sums } = clusterSums(
      ofSeed.map((value, pair) => value - float64At(ofPairs, pair) - shift),
      clusters,
    )
    const prompts = sums.length
    interaction += (prompts / (prompts - 1)) * sums.reduce((sum, residual) => sum + residual ** 2, 0)
  })
  return { variance, interaction: (interaction * seeds) / (seeds - 1) / (seeds * ofPairs.length) ** 2 }
}

function pairedDifferences({ first, second }: CrossedArms): Float64Array[] {
  if (first.length !== second.length)
    throw new RangeError(`${first.length} seeds against ${second.length}, which cannot be paired`)
  return second.map((values, seed) => differences(values, at(first, seed)))
}

/** The mean over seeds of each pair's value. */
export function meanOverSeeds(values: readonly Float64Array[]): Float64Array {
  const [only] = values
  if (only && values.length === 1) return only
  const sum = new Float64Array(at(values, 0).length)
  for (const ofSeed of values) ofSeed.forEach((value, pair) => (sum[pair] = float64At(sum, pair) + value))
  return sum.map((value) => value / values.length)
}

const differences = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - float64At(b, i))

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * float64At(b, i), 0)
