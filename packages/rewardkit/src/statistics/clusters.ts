import { at, float64At, int32At } from '../at.ts'

/**
 * Which pairs belong together: those of one prompt, which succeed and fail together. Prompts, not pairs, are what was
 * sampled.
 */
export interface Clusters {
  /** The cluster of each pair, from 0. */
  readonly of: Int32Array
  /** Above every number in `of`. Numbers without a pair, as those of a subset's other prompts, are not counted. */
  readonly count: number
}

/** Clusters from the name of each pair's cluster, numbered as they first appear. */
export function clustersOf(names: readonly string[]): Clusters {
  const numbers = new Map<string, number>()
  const of = Int32Array.from(names, (name) => {
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return number
  })
  return { of, count: numbers.size }
}

/** The sum of each cluster's values, and its number of pairs. Clusters without a pair are left out. */
export function clusterSums(
  values: ArrayLike<number>,
  clusters: Clusters,
): { readonly sums: Float64Array; readonly sizes: Float64Array } {
  if (values.length !== clusters.of.length)
    throw new RangeError(`${values.length} values for ${clusters.of.length} pairs in clusters`)
  const sums = new Float64Array(clusters.count)
  const sizes = new Float64Array(clusters.count)
  const numbers = new Float64Array(values)
  for (let pair = 0; pair < numbers.length; pair++) {
    const cluster = int32At(clusters.of, pair)
    sums[cluster] = float64At(sums, cluster) + float64At(numbers, pair)
    sizes[cluster] = float64At(sizes, cluster) + 1
  }
  return { sums: sums.filter((_, cluster) => float64At(sizes, cluster) > 0), sizes: sizes.filter((size) => size > 0) }
}

/** The same clusters, numbered without gaps. */
export function occurring({ of, count }: Clusters): Clusters {
  const numbers = new Int32Array(count).fill(-1)
  let next = 0
  const renumbered = of.map((cluster) => {
    if (numbers[cluster] === -1) numbers[cluster] = next++
    return at(numbers, cluster)
  })
  return { of: renumbered, count: next }
}
