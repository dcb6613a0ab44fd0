import { at } from '../at.ts'
import type { ObjectiveState } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'

/** Share of the former value that stays in the running mean at each step. */
const runningMomentum = 0.9

/** Consecutive pairs that share one mu. */
export interface Chunk {
  readonly start: number
  readonly end: number
  /** mu after all options. */
  readonly mean: number
  /** d mu / d d_i, equal for every pair of the chunk; 0 where mu is a constant for the gradient. */
  readonly meanSlope: number
}

/**
 * mu of Eq. 5 under the options. It is the mean of the whole batch, of each chunk of N consecutive pairs (the last may
 * be shorter), or running. The running mean is former + (1 - 0.9) (mean of this batch - former) and begins with the
 * mean of the first batch. Where clamped, a mu below zero counts as zero; the running mean itself is kept unclamped.
 */
export function batchMeans(
  d: Float64Array,
  options: ObjectiveOptions,
  state: ObjectiveState,
): { chunks: Chunk[]; state: ObjectiveState } {
  const size = typeof options.meanOver === 'number' ? options.meanOver : d.length
  const former = options.meanOver === 'running' ? state.runningMean : null
  const share = former === null ? 1 : 1 - runningMomentum
  let next = state
  const chunks: Chunk[] = []
  for (let start = 0; start < d.length; start += size) {
    const end = Math.min(start + size, d.length)
    const own = meanOf(d.subarray(start, end))
    const from = former ?? own
    const kept = from + share * (own - from)
    if (options.meanOver === 'running') next = { runningMean: kept }
    const clamped = options.negativeMean === 'clamped' && kept < 0
    const constant = options.gradientThroughMean === 'detached' || clamped
    chunks.push({ start, end, mean: clamped ? 0 : kept, meanSlope: constant ? 0 : share / (end - start) })
  }
  return { chunks, state: next }
}

/** The mean as first + mean of the differences from it, in order: equal values are exactly their own mean. */
function meanOf(values: Float64Array): number {
  const first = at(values, 0)
  let sum = 0
  for (const value of values) sum += value - first
  return first + sum / values.length
}

/** mu averaged over the pairs that it was applied to. */
export function averageMean(chunks: readonly Chunk[], pairs: number): number {
  return chunks.reduce((sum, { mean, start, end }) => sum + mean * ((end - start) / pairs), 0)
}
