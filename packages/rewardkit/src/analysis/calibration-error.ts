import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { quantile } from '../statistics/histogram.ts'
import { type Clusters, clusterSums } from '../statistics/clusters.ts'
import { clusteredShare } from '../statistics/intervals.ts'
import { type Statistic, statisticOf, onePrompt } from './statistic.ts'

/** A bar of the reliability diagram: pairs of about the same confidence. */
export interface ReliabilityBin {
  readonly pairs: number
  /** The mean confidence of its pairs. */
  readonly confidence: number
  /** The share of its pairs that are ranked rightly. */
  readonly accuracy: Statistic
}

/** The expected calibration error, with the interval of what it estimates. */
export interface CalibrationError extends Statistic {
  readonly bins: number
  /** The mean of what perfectly calibrated rewards would show on as many pairs, and where 95 % of it would lie. */
  readonly if_calibrated: Statistic
}

const mostBins = 15
const leastPairsPerBin = 10

/**
 * The expected calibration error over bins of equal mass: the mean over pairs of the distance between confidence and
 * accuracy in their bin. Equal confidences share a bin, so the order of pairs does not matter.
 *
 * The error is above zero by chance alone, so its interval inverts a test. Gaps c times as large as the observed ones
 * are simulated, with the covariance of the bins over clusters. The interval holds c times the error for every c at which
 * the observed error is not in the outer 2.5 % on either side. Where perfect calibration explains it, the interval begins
 * at zero. A bin's variance is at least that of calibrated outcomes, for bins without a wrong pair.
 * @param confidences from 0.5 to 1
 * @param correct 1, 0, or 1/2 for a tie
 */
export function calibrationError(
  confidences: Float64Array,
  correct: Float64Array,
  clusters: Clusters,
): { error: CalibrationError; bins: ReliabilityBin[] } {
  const binOf = equalMassBins(confidences)
  const bins = binsOf(confidences, correct, binOf, clusters)
  const gaps = bins.map(
    ({ pairs, confidence, accuracy }) => (pairs * ((accuracy.value ?? 0) - confidence)) / confidences.length,
  )
  const value = gaps.reduce((sum, gap) => sum + Math.abs(gap), 0)
  const prompts = clusterSums(correct, clusters).sizes.length
  if (prompts < 2) {
    const error = statisticOf({ value, low: NaN, high: NaN }, onePrompt)
    return {
      error: { ...error, bins: bins.length, if_calibrated: statisticOf({ value: NaN, low: NaN, high: NaN }) },
      bins,
    }
  }
  const noise = drawsOf(covarianceOf(confidences, correct, binOf, bins, { ...clusters, prompts }))
  const calibrated = errorsAt(0, gaps, noise)
  return {
    error: {
      ...interval(value, gaps, noise),
      bins: bins.length,
      if_calibrated: {
        value: calibrated.reduce((sum, error) => sum + error, 0) / calibrated.length,
        low: quantile(calibrated, 0.025),
        high: quantile(calibrated, 0.975),
      },
    },
    bins,
  }
}

/** The bin of each value: up to 15, of as equal numbers of values as equal values allow, at least 10 where possible. */
function equalMassBins(values: Float64Array): Uint8Array {
  const sorted = values.toSorted()
  const count = Math.max(1, Math.min(mostBins, Math.floor(values.length / leastPairsPerBin)))
  const lows = Array.from({ length: count }, (_, bin) => at(sorted, Math.floor((bin * values.length) / count)))
  const starts = [...new Set(lows)]
  return Uint8Array.from(values, (value) => {
    let bin = starts.length - 1
    while (bin > 0 && value < at(starts, bin)) bin--
    return bin
  })
}

function binsOf(
  confidences: Float64Array,
  correct: Float64Array,
  binOf: Uint8Array,
  clusters: Clusters,
): ReliabilityBin[] {
  const count = 1 + binOf.reduce((most, bin) => Math.max(most, bin), 0)
  return Array.from({ length: count }, (_, bin) => {
    const pairs = binOf.reduce((sum, other) => (other === bin ? sum + 1 : sum), 0)
    const outcomes = new Float64Array(pairs)
    const of = new Int32Array(pairs)
    let sum = 0
    let place = 0
    for (let pair = 0; pair < binOf.length; pair++) {
      if (binOf[pair] !== bin) continue
      sum += at(confidences, pair)
      outcomes[place] = at(correct, pair)
      of[place] = at(clusters.of, pair)
      place += 1
    }
    return { pairs, confidence: sum / pairs, accuracy: statisticOf(clusteredShare(outcomes, { ...clusters, of })) }
  })
}

/** The covariance of the bins' gaps, weighted by their share of the pairs, over clusters. */
function covarianceOf(
  confidences: Float64Array,
  correct: Float64Array,
  binOf: Uint8Array,
  bins: readonly ReliabilityBin[],
  { of, count, prompts }: Clusters & { readonly prompts: number },
): number[][] {
  const size = bins.length
  const total = confidences.length
  const sums = new Float64Array(size * count)
  const calibrated = new Float64Array(size)
  for (let pair = 0; pair < total; pair++) {
    const bin = at(binOf, pair)
    const confidence = at(confidences, pair)
    const { accuracy, confidence: mean } = at(bins, bin)
    const residual = at(correct, pair) - confidence - ((accuracy.value ?? 0) - mean)
    const place = size * at(of, pair) + bin
    sums[place] = at(sums, place) + residual / total
    calibrated[bin] = at(calibrated, bin) + (confidence * (1 - confidence)) / total ** 2
  }
  const covariance = bins.map(() => bins.map(() => 0))
  const correction = prompts / (prompts - 1)
  for (let start = 0; start < sums.length; start += size) {
    for (let i = 0; i < size; i++) {
      const first = at(sums, start + i)
      if (first === 0) continue
      const row = at(covariance, i)
      for (let j = 0; j <= i; j++) row[j] = at(row, j) + correction * first * at(sums, start + j)
    }
  }
  covariance.forEach((row, bin) => {
    row[bin] = Math.max(at(row, bin), at(calibrated, bin))
  })
  return covariance
}

const draws = 1000

/** Draws of a normal vector with mean 0, by the Cholesky factor of its covariance, of which the lower half is read. */
function drawsOf(covariance: readonly (readonly number[])[]): Float64Array[] {
  const factor = choleskyFactor(covariance)
  const random = createRandom(0, 'calibration error')
  return Array.from({ length: draws }, () => {
    const normal = factor.map(() => random.normal())
    return Float64Array.from(factor, (row) => row.reduce((sum, entry, j) => sum + entry * at(normal, j), 0))
  })
}

/** The lower triangle L of a positive semidefinite matrix L L'. */
function choleskyFactor(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = []
  matrix.forEach((values, i) => {
    const row: number[] = []
    factor.push(row)
    for (let j = 0; j <= i; j++) {
      const other = at(factor, j)
      const rest = at(values, j) - row.reduce((sum, entry, k) => (k < j ? sum + entry * at(other, k) : sum), 0)
      const pivot = j === i ? Math.sqrt(Math.max(rest, 0)) : at(other, j)
      row.push(j === i ? pivot : pivot > 0 ? rest / pivot : 0)
    }
  })
  return factor
}

/** The errors that gaps of `factor` times their size show, ascending. */
function errorsAt(factor: number, gaps: readonly number[], noise: readonly Float64Array[]): Float64Array {
  const scaledGaps = Float64Array.from(gaps, (gap) => factor * gap)
  return Float64Array.from(noise, (draw) => {
    let error = 0
    for (let bin = 0; bin < draw.length; bin++) error += Math.abs(at(scaledGaps, bin) + at(draw, bin))
    return error
  }).sort()
}

function interval(value: number, gaps: readonly number[], noise: readonly Float64Array[]): Statistic {
  /** The factor at which a quantile of the errors reaches the seen one; 0 where it is beyond that for calibrated rewards. */
  const factorAt = (share: number) => {
    const reaches = (factor: number) => quantile(errorsAt(factor, gaps, noise), share) >= value
    if (value === 0 || reaches(0)) return 0
    let [low, high] = [0, 1]
    while (!reaches(high)) [low, high] = [high, 2 * high]
    for (let step = 0; step < 20; step++) {
      const middle = (low + high) / 2
      if (reaches(middle)) high = middle
      else low = middle
    }
    return high
  }
  return { value, low: factorAt(0.975) * value, high: Math.max(factorAt(0.025), 1) * value }
}
