import { at } from '../at.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import { averageMean, batchMeans, type Chunk } from './batch-mean.ts'
import type { Objective } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'
import { pairLoss, smoothed } from './pair-loss.ts'
import { finish, marginsOf } from './result.ts'

/**
 * Eq. 6-7, the paper's method: -log sigmoid(d - mu) for pairs with d - mu < 0, -log sigmoid(d) for the others; mu is the
 * mean of d (Eq. 5). A pair exactly on the threshold keeps the plain loss. The choice of the branch has no gradient.
 * `together` is the mean over all pairs; `separately` the sum of the means of the two branches, an empty one adding 0.
 * The losses of chunks are averaged by their numbers of pairs.
 *
 * Two controls ask which of the method's parts does the work. `above-mean` applies mu to the pairs with d - mu > 0.
 * `random` applies it to as many pairs as are below the mean, drawn anew in each batch without looking at d.
 */
export function adaptiveMargin(options: ObjectiveOptions): Objective {
  const p = smoothed(1, options.labelSmoothing)
  return {
    name: 'adaptive-margin',
    separable: false,
    needsMargin: false,
    needsProbability: false,
    usesWeight: false,
    initialState: { runningMean: null, ...(options.marginOn === 'random' && { draws: 0 }) },
    evaluate(rewards, state) {
      const d = marginsOf(rewards)
      const means = batchMeans(d, options, state)
      const gradient = new Float64Array(d.length)
      let loss = 0
      let belowInBatch = 0
      for (const chunk of means.chunks) {
        const { start, end, mean, meanSlope } = chunk
        const hasMargin = pairsWithMargin(d, chunk, options.marginOn, state.draws ?? 0)
        const withMargin = hasMargin.reduce((sum, one) => sum + one, 0)
        belowInBatch += d.subarray(start, end).filter((margin) => margin - mean < 0).length
        let slopes = 0
        for (let i = start; i < end; i++) {
          const isMoved = at(hasMargin, i - start) === 1
          const branch = options.branches === 'together' ? end - start : isMoved ? withMargin : end - start - withMargin
          const weight = (end - start) / d.length / branch
          const pair = pairLoss(isMoved ? at(d, i) - mean : at(d, i), p)
          loss += weight * pair.loss
          gradient[i] = weight * pair.slope
          if (isMoved) slopes += weight * pair.slope
        }
        for (let i = start; i < end; i++) gradient[i] = at(gradient, i) - meanSlope * slopes
      }
      return finish(rewards, options, {
        loss,
        gradient,
        batchMargin: averageMean(means.chunks, d.length),
        shareBelowThreshold: belowInBatch / d.length,
        state: options.marginOn === 'random' ? { ...means.state, draws: (state.draws ?? 0) + 1 } : means.state,
      })
    },
  }
}

/** 1 for each pair of a chunk that mu is applied to, 0 for the others. */
function pairsWithMargin(
  d: Float64Array,
  { start, end, mean }: Chunk,
  marginOn: ObjectiveOptions['marginOn'],
  draw: number,
): Uint8Array {
  const distances = d.subarray(start, end).map((margin) => margin - mean)
  const isBelow = Uint8Array.from(distances, (distance) => Number(distance < 0))
  switch (marginOn) {
    case 'below-mean':
      return isBelow
    case 'above-mean':
      return Uint8Array.from(distances, (distance) => Number(distance > 0))
    case 'random': {
      const order = shuffledIndexes(end - start, createRandom(draw, `pairs with a margin from ${start}`))
      const drawn = new Set(
        order.subarray(
          0,
          isBelow.reduce((sum, one) => sum + one, 0),
        ),
      )
      return isBelow.map((_, index) => Number(drawn.has(index)))
    }
  }
}
