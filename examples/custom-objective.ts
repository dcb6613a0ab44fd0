/**
 * An objective of your own: the hinge loss max(0, 1 - d)^2 with d = chosen - rejected reward. It stops pushing once a
 * pair is one apart. The function gets the rewards of the whole batch and returns the loss with its gradient. Training
 * calls it once per step in this thread, so it can use anything in your program.
 *
 *     await train({ model, data: 'pairs.jsonl', out: 'runs/hinge', objective: squaredHinge })
 */
import type { ObjectiveFunction } from 'rewardkit'

export const squaredHinge: ObjectiveFunction = ({ chosen, rejected }) => {
  const pairs = chosen.length
  const gap = chosen.map((reward, i) => Math.max(0, 1 - (reward - (rejected[i] ?? NaN))))
  return {
    loss: gap.reduce((sum, one) => sum + one ** 2, 0) / pairs,
    chosenGradient: gap.map((one) => (-2 * one) / pairs),
    rejectedGradient: gap.map((one) => (2 * one) / pairs),
  }
}
