import { float64At } from '../at.ts'
import { createResampling, type Draws, percentileInterval } from './bootstrap.ts'
import { type Clusters, clusterSums, occurring } from './clusters.ts'
import { clusteredMean } from './intervals.ts'
import { marginStatistics } from './statistics.ts'
import type { Interval } from './types.ts'

/** The statistics of `marginStatistics` with intervals, and both forms of skewness and kurtosis. */
export interface ShapeIntervals {
  readonly mean: Interval
  readonly standardDeviation: Interval
  readonly meanOverStandardDeviation: Interval
  /** g1, from central moments that divide by n. */
  readonly skewness: Interval
  /** G1, with the adjustment for few values that SPSS, SAS and Excel use (Joanes and Gill 1998). */
  readonly adjustedSkewness: Interval
  /** g2. */
  readonly excessKurtosis: Interval
  /** G2. */
  readonly adjustedExcessKurtosis: Interval
}

const mostGroups = 2000

/**
 * The shape of a distribution with 95 % intervals. That of the mean is `clusteredMean`. The others are studentised
 * bootstrap intervals over clusters (Davison and Hinkley 1997, section 5.2): each draw is compared by its own standard
 * error, from the influence of each cluster. The scale is the logarithm for the standard deviation and for kurtosis less
 * 1, and asinh for skewness. More than 2,000 clusters are joined into 2,000 groups. Of the methods that we tried, this
 * one covers best. Where tails are heavy, it still covers less than 95 % (docs/statistics.md). Statistics that are not
 * defined are NaN, and so are bounds that one cluster, or too few, cannot give.
 */
export function shapeIntervals(values: ArrayLike<number>, clusters: Clusters, { draws, seed }: Draws): ShapeIntervals {
  const count = values.length
  const found = marginStatistics(values)
  const scale = found.standard_deviation * Math.sqrt((count - 1) / count)
  const standardised = Float64Array.from(values, (value) => (value - found.mean) / scale)
  const sums = powerSums(standardised, joined(clusters))
  const observed = shapeOf(sums, undefined, found.mean / scale)
  const draw = createResampling(sums.groups, seed)
  const drawn = Array.from({ length: draws }, () => shapeOf(sums, draw(), found.mean / scale))
  const bounds = (name: keyof Shape, value: number, unscaled: (scaled: number) => number): Interval => {
    const { scaled, error } = observed[name]
    const distances = Float64Array.from(drawn, (one) => (one[name].scaled - scaled) / one[name].error)
    const { low, high } = percentileInterval(
      0,
      distances.map((distance) => (Number.isFinite(distance) ? distance : NaN)),
    )
    return { value, low: unscaled(scaled - high * error), high: unscaled(scaled - low * error) }
  }
  const skewness = bounds('skewness', found.skewness, Math.sinh)
  const kurtosis = bounds('kurtosis', found.excess_kurtosis, (scaled) => Math.exp(scaled) - 2)
  const adjust = (g2: number) =>
    count < 4 ? NaN : ((count - 1) / ((count - 2) * (count - 3))) * ((count + 1) * g2 + 6)
  const ratio = Math.sqrt((count - 1) / count)
  return {
    mean: clusteredMean(values, clusters),
    standardDeviation: bounds(
      'deviation',
      found.standard_deviation,
      (scaled) => found.standard_deviation * Math.exp(scaled),
    ),
    meanOverStandardDeviation: bounds('ratio', found.mean_over_standard_deviation, (scaled) => ratio * scaled),
    skewness,
    adjustedSkewness: mapped(skewness, (g1) => (count < 3 ? NaN : (Math.sqrt(count * (count - 1)) / (count - 2)) * g1)),
    excessKurtosis: kurtosis,
    adjustedExcessKurtosis: mapped(kurtosis, adjust),
  }
}

/** Each statistic on the scale on which its distribution is closest to normal, with its standard error there. */
type Shape = Record<
  'deviation' | 'ratio' | 'skewness' | 'kurtosis',
  { readonly scaled: number; readonly error: number }
>

/** For each group of clusters, the sum of its values' powers from 0 to 4. */
interface PowerSums {
  readonly groups: number
  readonly powers: readonly [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
}

/** The shape where each group counts as often as `times` says, or once. `offset` is added to the mean for the ratio. */
function shapeOf({ groups, powers }: PowerSums, times: Float64Array | undefined, offset: number): Shape {
  const [zeroth, first, second, third, fourth] = powers
  const total = (sums: Float64Array) =>
    times
      ? sums.reduce((sum, value, i) => sum + value * float64At(times, i), 0)
      : sums.reduce((sum, value) => sum + value, 0)
  const count = total(zeroth)
  const [a1, a2, a3, a4] = [total(first) / count, total(second) / count, total(third) / count, total(fourth) / count]
  const deviation = Math.sqrt(a2 - a1 ** 2)
  const skewness = (a3 - 3 * a1 * a2 + 2 * a1 ** 3) / deviation ** 3
  const kurtosis = (a4 - 4 * a1 * a3 + 6 * a1 ** 2 * a2 - 3 * a1 ** 4) / deviation ** 4
  const ratio = (offset + a1) / deviation
  let [ofDeviation, ofRatio, ofSkewness, ofKurtosis] = [0, 0, 0, 0]
  for (let group = 0; group < groups; group++) {
    const weight = times ? float64At(times, group) : 1
    if (weight === 0) continue
    const [p0, p1, p2, p3, p4] = [
      float64At(zeroth, group),
      float64At(first, group),
      float64At(second, group),
      float64At(third, group),
      float64At(fourth, group),
    ]
    // Sums of powers of the standardised values.
    const z1 = (p1 - a1 * p0) / deviation
    const spread = (p2 - 2 * a1 * p1 + a1 ** 2 * p0) / deviation ** 2 - p0
    const z3 = (p3 - 3 * a1 * p2 + 3 * a1 ** 2 * p1 - a1 ** 3 * p0) / deviation ** 3
    const z4 = (p4 - 4 * a1 * p3 + 6 * a1 ** 2 * p2 - 4 * a1 ** 3 * p1 + a1 ** 4 * p0) / deviation ** 4
    ofDeviation += weight * (spread / 2) ** 2
    ofRatio += weight * (z1 - (ratio * spread) / 2) ** 2
    ofSkewness += weight * (z3 - 3 * z1 - skewness * p0 - 1.5 * skewness * spread) ** 2
    ofKurtosis += weight * (z4 - kurtosis * p0 - 4 * skewness * z1 - 2 * kurtosis * spread) ** 2
  }
  const error = (squares: number) => Math.sqrt((groups / (groups - 1)) * squares) / count
  return {
    deviation: { scaled: Math.log(deviation), error: error(ofDeviation) },
    ratio: { scaled: ratio, error: error(ofRatio) },
    skewness: { scaled: Math.asinh(skewness), error: error(ofSkewness) / Math.sqrt(1 + skewness ** 2) },
    kurtosis: { scaled: Math.log(kurtosis - 1), error: error(ofKurtosis) / (kurtosis - 1) },
  }
}

function powerSums(values: Float64Array, clusters: Clusters): PowerSums {
  const sumsOf = (power: number) =>
    clusterSums(
      values.map((value) => value ** power),
      clusters,
    ).sums
  return { groups: clusters.count, powers: [sumsOf(0), sumsOf(1), sumsOf(2), sumsOf(3), sumsOf(4)] }
}

/** The same clusters, the further ones joined to the first 2,000 where there are more. */
function joined(clusters: Clusters): Clusters {
  const { of, count } = occurring(clusters)
  if (count <= mostGroups) return { of, count }
  return { of: of.map((cluster) => cluster % mostGroups), count: mostGroups }
}

const mapped = ({ value, low, high }: Interval, map: (value: number) => number): Interval => ({
  value: map(value),
  low: map(low),
  high: map(high),
})
