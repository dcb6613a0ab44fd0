import { at } from '../at.ts'
import type { BatchRewards, ObjectiveResult } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'
import { checkBatch } from './batch-rewards.ts'

/** What an objective found, with its gradient with respect to d = chosen - rejected. */
interface MarginResult extends Omit<ObjectiveResult, 'chosenGradient' | 'rejectedGradient'> {
  readonly gradient: Float64Array
}

/** d = chosen - rejected, [B], float64. Throws InputError for arrays of different lengths. */
export function marginsOf(rewards: BatchRewards): Float64Array {
  checkBatch(rewards)
  return rewards.chosen.map((chosen, i) => chosen - at(rewards.rejected, i))
}

/** What each pair counts in a mean over the batch, and what all count together: 1 and B where there are no weights. */
export function pairWeights({ chosen, weight }: BatchRewards): { weightOf: (pair: number) => number; total: number } {
  return {
    weightOf: (pair) => (weight ? at(weight, pair) : 1),
    total: weight ? weight.reduce((sum, one) => sum + one, 0) : chosen.length,
  }
}

/**
 * The gradients for both rewards from the gradient for d, plus reward centering if it is on. Centering adds a
 * coefficient times the mean of (chosen + rejected)^2 (Eisenstein et al. 2023, as TRL's `center_rewards_coefficient`).
 * That mean ignores weights: it is about the level of the rewards, not about what the pairs say.
 */
export function finish(
  { chosen, rejected }: BatchRewards,
  { rewardCentering }: ObjectiveOptions,
  { gradient, loss, ...rest }: MarginResult,
): ObjectiveResult {
  if (rewardCentering === 0)
    return { ...rest, loss, chosenGradient: gradient, rejectedGradient: gradient.map((g) => -g) }
  const sums = chosen.map((reward, i) => reward + at(rejected, i))
  const pull = sums.map((sum) => (2 * rewardCentering * sum) / sums.length)
  return {
    ...rest,
    loss: loss + (rewardCentering * sums.reduce((total, sum) => total + sum ** 2, 0)) / sums.length,
    chosenGradient: gradient.map((g, i) => g + at(pull, i)),
    rejectedGradient: gradient.map((g, i) => -g + at(pull, i)),
  }
}
