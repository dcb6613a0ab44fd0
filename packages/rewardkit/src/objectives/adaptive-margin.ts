import { at } from '../at.ts'
import { averageMean, batchMeans } from './batch-mean.ts'
import type { Objective } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'
import { pairLoss, smoothed } from './pair-loss.ts'
import { finish, marginsOf } from './result.ts'

/**
 * Eq. 6-7, the paper's method: -log sigmoid(d - mu) for pairs with d - mu < 0, -log sigmoid(d) for the others; mu is the
 * mean of d (Eq. 5). A pair exactly on the threshold keeps the plain loss. The choice of the branch has no gradient.
 * `together` is the mean over all pairs; `separately` the sum of the means of the two branches, an empty one adding 0.
 * The losses of chunks are averaged by their numbers of pairs.
 */
export function adaptiveMargin(options: ObjectiveOptions): Objective {
  const p = smoothed(1, options.labelSmoothing)
  return {
    name: 'adaptive-margin',
    separable: false,
    needsMargin: false,
    needsProbability: false,
    usesWeight: false,
    initialState: { runningMean: null },
    evaluate(rewards, state) {
      const d = marginsOf(rewards)
      const means = batchMeans(d, options, state)
      const gradient = new Float64Array(d.length)
      let loss = 0
      let belowInBatch = 0
      for (const { start, end, mean, meanSlope } of means.chunks) {
        const below = d.subarray(start, end).filter((margin) => margin - mean < 0).length
        const others = end - start - below
        belowInBatch += below
        let slopesBelow = 0
        for (let i = start; i < end; i++) {
          const margin = at(d, i)
          const isBelow = margin - mean < 0
          const branch = options.branches === 'together' ? end - start : isBelow ? below : others
          const weight = (end - start) / d.length / branch
          const pair = pairLoss(isBelow ? margin - mean : margin, p)
          loss += weight * pair.loss
          gradient[i] = weight * pair.slope
          if (isBelow) slopesBelow += weight * pair.slope
        }
        for (let i = start; i < end; i++) gradient[i] = at(gradient, i) - meanSlope * slopesBelow
      }
      return finish(rewards, options, {
        loss,
        gradient,
        batchMargin: averageMean(means.chunks, d.length),
        shareBelowThreshold: belowInBatch / d.length,
        state: means.state,
      })
    },
  }
}
