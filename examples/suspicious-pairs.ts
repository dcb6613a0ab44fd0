/**
 * Finding suspicious pairs: if a trained model is sure that the rejected response is better, the label may be wrong,
 * and a person should look at it first. Score pairs that the model was not trained on, because a model believes the
 * labels that it has seen. For example, score each fold with a model trained on the others.
 *
 *     for (const { id, margin } of await suspiciousPairs(model, pairs, 20)) console.log(id, margin)
 */
import type { RewardModel } from 'rewardkit'

export interface Pair {
  readonly id: string
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

/** The `count` pairs whose labels the model contradicts most, the most suspicious first. */
export async function suspiciousPairs(model: RewardModel, pairs: readonly Pair[], count: number) {
  const rewards = await model.score(
    pairs.flatMap(({ prompt, chosen, rejected }) => [
      { prompt, response: chosen },
      { prompt, response: rejected },
    ]),
  )
  return pairs
    .map((pair, i) => ({ ...pair, margin: (rewards[2 * i] ?? NaN) - (rewards[2 * i + 1] ?? NaN) }))
    .filter(({ margin }) => margin < 0)
    .toSorted((a, b) => a.margin - b.margin)
    .slice(0, count)
}
