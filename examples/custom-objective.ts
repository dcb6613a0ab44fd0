/**
 * An objective of your own: the hinge loss max(0, 1 - d)^2 with d = chosen - rejected reward, which stops pushing where
 * a pair is apart by one. A function of the rewards of the whole batch, with its gradient; training asks for it once a
 * step, in this thread, so that it may look at whatever it likes.
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
