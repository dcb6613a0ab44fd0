import { at, float64At } from '../at.ts'
import type { Correlation } from './correlations.ts'
import { normalCdf } from './distributions.ts'
import { meanOf } from './intervals.ts'
import { checkLengths, type Distinct, distinct } from './distinct.ts'

/** A rank statistic tested against its distribution where the columns are independent, and so are all pairs. */
export interface TrendTest {
  readonly statistic: number
  readonly z: number
  /** Two-sided, by the normal distribution. */
  readonly p: number
}

/**
 * Kendall's tau-b (1945), in O(n log n) (Knight 1966), with the influence of each entry. The numerator counts pairs of
 * entries in the same order in both columns, less those in opposite order. The denominator is the geometric mean of the
 * pairs that are not tied in one column and in the other.
 */
export function kendallTauB(first: ArrayLike<number>, second: ArrayLike<number>): Correlation {
  checkLengths(first, second)
  const [a, b] = [distinct(first), distinct(second)]
  const agreement = agreements(a, b)
  const [untiedFirst, untiedSecond] = [untied(a), untied(b)]
  const [meanFirst, meanSecond] = [meanOf(untiedFirst), meanOf(untiedSecond)]
  const mean = meanOf(agreement)
  const scale = Math.sqrt(meanFirst * meanSecond)
  const value = mean / scale
  const influence = agreement.map((one, i) => {
    const ofScale = float64At(untiedFirst, i) / meanFirst + float64At(untiedSecond, i) / meanSecond - 2
    return (2 * (one - mean)) / scale - value * ofScale
  })
  return { value, influence }
}

/**
 * The Jonckheere-Terpstra test for a trend of values over ordered groups. Its statistic counts the pairs in which the
 * value of the higher group is higher, ties one half. Its variance is that of Kendall's S over four, corrected for ties
 * in both. So this is also the test of tau-b with the grade (Hollander, Wolfe and Chicken 2013, section 6.2). It takes
 * pairs as independent; `correlationTest` of `kendallTauB` respects prompts.
 */
export function jonckheere(values: ArrayLike<number>, groups: ArrayLike<number>): TrendTest {
  checkLengths(values, groups)
  const [a, b] = [distinct(values), distinct(groups)]
  const count = a.place.length
  const agreement = agreements(a, b).reduce((sum, one) => sum + one, 0) / 2
  const betweenGroups = untied(b).reduce((sum, one) => sum + one, 0) / 2
  const z = agreement / Math.sqrt(agreementVariance(count, a.counts, b.counts))
  return { statistic: (agreement + betweenGroups) / 2, z, p: 2 * normalCdf(-Math.abs(z)) }
}

/** The variance of Kendall's S for independent columns with these ties (Kendall and Gibbons 1990, section 4.9). */
function agreementVariance(count: number, first: Float64Array, second: Float64Array): number {
  const sum = (counts: Float64Array, term: (ties: number) => number) =>
    counts.reduce((total, ties) => total + term(ties), 0)
  const pairs = (n: number) => n * (n - 1)
  const triples = (n: number) => n * (n - 1) * (n - 2)
  const main = (n: number) => n * (n - 1) * (2 * n + 5)
  return (
    (main(count) - sum(first, main) - sum(second, main)) / 18 +
    (sum(first, pairs) * sum(second, pairs)) / (2 * pairs(count)) +
    (sum(first, triples) * sum(second, triples)) / (9 * triples(count))
  )
}

/** For each entry, how many others it is not tied with. */
const untied = ({ place, counts }: Distinct): Float64Array =>
  Float64Array.from(place, (index) => place.length - float64At(counts, index))

/**
 * For each entry, how many others are ordered against it in the same way in both columns, less those in opposite ways.
 * Entries enter a Fenwick tree of the second column by the value of the first.
 */
function agreements(first: Distinct, second: Distinct): Float64Array {
  const count = first.place.length
  const ordered = orderOf(first)
  const below = cumulated(second.counts)
  const tree = createCounts(second.counts.length)
  const result = new Float64Array(count)
  for (let start = 0; start < count;) {
    let end = start
    const value = at(first.place, at(ordered, start))
    while (end < count && at(first.place, at(ordered, end)) === value) end++
    const group = ordered.subarray(start, end)
    // Those with a lower first value: lower second values agree, higher ones do not.
    for (const entry of group) {
      const place = at(second.place, entry)
      result[entry] = tree.below(place) - (start - tree.below(place + 1))
    }
    for (const entry of group) tree.add(at(second.place, entry))
    // Those with a higher first value are all the others.
    for (const entry of group) {
      const place = at(second.place, entry)
      const lower = float64At(below, place) - tree.below(place)
      const higher = count - float64At(below, place + 1) - (end - tree.below(place + 1))
      result[entry] = float64At(result, entry) + higher - lower
    }
    start = end
  }
  return result
}

/** Indexes of entries by ascending value. */
function orderOf({ place, counts }: Distinct): Int32Array {
  const next = cumulated(counts)
  const order = new Int32Array(place.length)
  place.forEach((index, entry) => {
    const position = float64At(next, index)
    order[position] = entry
    next[index] = position + 1
  })
  return order
}

/** The sum of all counts before each, and that of all. */
function cumulated(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length + 1)
  counts.forEach((count, index) => (sums[index + 1] = float64At(sums, index) + count))
  return sums
}

/** A Fenwick tree: counts of places, and how many were added below a place, in O(log n) each (Fenwick 1994). */
function createCounts(places: number): { add(place: number): void; below(place: number): number } {
  const tree = new Float64Array(places + 1)
  return {
    add(place) {
      for (let i = place + 1; i <= places; i += i & -i) tree[i] = float64At(tree, i) + 1
    },
    below(place) {
      let total = 0
      for (let i = place; i > 0; i -= i & -i) total += float64At(tree, i)
      return total
    },
  }
}
