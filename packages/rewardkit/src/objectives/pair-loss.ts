import { logSigmoid, sigmoid } from '../logistic.ts'

/** A loss and its derivative with respect to the argument. */
export interface LossAndSlope {
  readonly loss: number
  readonly slope: number
}

/**
 * -p log sigmoid(z) - (1 - p) log sigmoid(-z), the cross-entropy between "the chosen response is better with
 * probability p" and the Bradley-Terry probability sigmoid(z). p = 1 is the loss of Eq. 2. Convex in z.
 */
export function pairLoss(z: number, p: number): LossAndSlope {
  return {
    loss: -p * logSigmoid(z) - (1 - p) * logSigmoid(-z),
    slope: (1 - p) * sigmoid(z) - p * sigmoid(-z),
  }
}

/** The probability p after label smoothing: with probability `smoothing` the label was flipped. */
export function smoothed(p: number, smoothing: number): number {
  return p * (1 - smoothing) + (1 - p) * smoothing
}
