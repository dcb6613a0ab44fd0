import { at } from '../at.ts'
import { averageMean, batchMeans } from './batch-mean.ts'
import type { Objective } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'
import { pairLoss, smoothed } from './pair-loss.ts'
import { finish, marginsOf } from './result.ts'

/**
 * Eq. 4-5: the mean of -log sigmoid(d - mu), mu the mean of d. With the gradient through mu, the gradients with respect
 * to d sum to zero: nothing drives the mean margin. Detached, there is no stationary point while pairs disagree.
 */
export function batchMargin(options: ObjectiveOptions): Objective {
  const p = smoothed(1, options.labelSmoothing)
  return {
    name: 'batch-margin',
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
      for (const { start, end, mean, meanSlope } of means.chunks) {
        let slopes = 0
        for (let i = start; i < end; i++) {
          const pair = pairLoss(at(d, i) - mean, p)
          loss += pair.loss / d.length
          gradient[i] = pair.slope / d.length
          slopes += pair.slope / d.length
        }
        for (let i = start; i < end; i++) gradient[i] = at(gradient, i) - meanSlope * slopes
      }
      const mu = averageMean(means.chunks, d.length)
      return finish(rewards, options, {
        loss,
        gradient,
        batchMargin: mu,
        shareBelowThreshold: null,
        state: means.state,
      })
    },
  }
}
