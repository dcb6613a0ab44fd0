import { float64At } from '../at.ts'
import { createRandom } from '../random.ts'
import type { Draws } from './bootstrap.ts'
import { type Clusters, clusterSums } from './clusters.ts'
import { normalCdf } from './distributions.ts'

/** A two-sided test. */
export interface TestResult {
  /** The chance of a result at least as extreme as the observed one, which counts. */
  readonly p: number
  /** The same with results as extreme as the observed one counted half: less conservative where there are few results. */
  readonly mid_p: number
}

const enumerated = 16
const simulated = 50_000

/**
 * Tests whether values are symmetric around 0, as the differences of two models that are equally good. Under that
 * hypothesis each cluster's sum could as well have the other sign, whatever holds within clusters (Fisher 1935; for
 * clusters, Winkler et al. 2014). The statistic is the absolute sum. Clusters whose sum is 0 change nothing. With up to
 * 16 others, all sign patterns are counted. With up to 50,000, `draws` patterns are drawn and the observed one is added
 * to them. With more, the sum of random signs is normal to within the error of such draws. NaN for values that are.
 */
export function signFlipTest(values: ArrayLike<number>, clusters: Clusters, { draws, seed }: Draws): TestResult {
  const sums = clusterSums(values, clusters).sums.filter((sum) => sum !== 0)
  if (sums.some(Number.isNaN)) return { p: NaN, mid_p: NaN }
  const observed = Math.abs(sums.reduce((total, sum) => total + sum, 0))
  if (sums.length > simulated) {
    const p = 2 * normalCdf(-observed / Math.sqrt(sums.reduce((total, sum) => total + sum ** 2, 0)))
    return { p, mid_p: p }
  }
  const flipped = flippedSums(sums)
  const isExact = sums.length <= enumerated
  const random = createRandom(seed, 'sign flips')
  const total = isExact ? 2 ** sums.length : draws
  // Sums that are equal but for rounding are ties.
  const tolerance = 1e-12 * sums.reduce((size, sum) => size + Math.abs(sum), 0)
  let beyond = 0
  let equal = isExact ? 0 : 1
  for (let pattern = 0; pattern < total; pattern++) {
    const excess = Math.abs(flipped(() => (isExact ? pattern : random.bits()))) - observed
    if (excess > tolerance) beyond++
    else if (excess >= -tolerance) equal++
  }
  const patterns = isExact ? total : total + 1
  return { p: (beyond + equal) / patterns, mid_p: (beyond + equal / 2) / patterns }
}

/**
 * The sum under a pattern of signs, which is asked for 32 bits at a time. Sums of each eight neighbours are looked up: a
 * table has all their 256 patterns.
 */
function flippedSums(sums: Float64Array): (bits: () => number) => number {
  const bytes = Math.ceil(sums.length / 8)
  const table = new Float64Array(256 * bytes)
  for (let byte = 0; byte < bytes; byte++) {
    const eight = sums.subarray(8 * byte, 8 * byte + 8)
    const start = 256 * byte
    table[start] = eight.reduce((total, sum) => total + sum, 0)
    // Each pattern is an earlier one with one more sign changed.
    for (let pattern = 1; pattern < 256; pattern++) {
      const changed = eight[31 - Math.clz32(pattern & -pattern)] ?? 0
      table[start + pattern] = float64At(table, start + (pattern & (pattern - 1))) - 2 * changed
    }
  }
  return (bits) => {
    let total = 0
    let word = 0
    for (let byte = 0; byte < bytes; byte++) {
      word = byte % 4 === 0 ? bits() : word >>> 8
      total += float64At(table, 256 * byte + (word & 255))
    }
    return total
  }
}
