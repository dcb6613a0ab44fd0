import { type AdamWState, adamWStep, type Tensor } from '@rewardkit/torch'

export interface OptimizerOptions {
  readonly learningRate: number
  readonly adamBetas: readonly [number, number]
  readonly adamEpsilon: number
  readonly weightDecay: number
}

/**
 * One step of AdamW in place. Weight decay reaches matrices alone, not biases and norms, as in transformers' Trainer.
 */
export function optimizerStep(
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  state: AdamWState,
  options: OptimizerOptions,
): void {
  const isMatrix = parameters.map((parameter) => parameter.shape.length > 1)
  for (const decayed of [true, false]) {
    const pick = (tensors: readonly Tensor[]) => tensors.filter((_, i) => isMatrix[i] === decayed)
    adamWStep(
      pick(parameters),
      pick(gradients),
      { averages: pick(state.averages), squaredAverages: pick(state.squaredAverages), steps: pick(state.steps) },
      {
        learningRate: options.learningRate,
        betas: options.adamBetas,
        epsilon: options.adamEpsilon,
        weightDecay: decayed ? options.weightDecay : 0,
      },
    )
  }
}
