import {
  _foreach_mul_scalar_,
  _foreach_norm,
  _fused_adamw_,
  linalg_vector_norm,
  stack,
  zeros,
  zeros_like,
} from './generated/operators.ts'
import { scope } from './scope.ts'
import type { Tensor } from './tensor.ts'

/** The moments of AdamW, one of each for every parameter: float32, of its shape; `steps` are float32 scalars. */
export interface AdamWState {
  readonly averages: readonly Tensor[]
  readonly squaredAverages: readonly Tensor[]
  readonly steps: readonly Tensor[]
}

export interface AdamWOptions {
  readonly learningRate: number
  readonly betas: readonly [number, number]
  readonly epsilon: number
  /** Decoupled: each step first multiplies the parameters by 1 - learningRate * weightDecay. */
  readonly weightDecay: number
}

/** All moments zero: the state before the first step. */
export function createAdamW(parameters: readonly Tensor[]): AdamWState {
  return {
    averages: parameters.map((parameter) => zeros_like(parameter)),
    squaredAverages: parameters.map((parameter) => zeros_like(parameter)),
    steps: parameters.map(() => zeros([], { dtype: 'float32' })),
  }
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019) in place, by libtorch's fused kernel: bit-equal to
 * torch.optim.AdamW(fused=True). All tensors are float32; call it without recording gradients.
 */
export function adamWStep(
  parameters: readonly Tensor[],
  gradients: readonly Tensor[],
  state: AdamWState,
  options: AdamWOptions,
): void {
  if (parameters.length === 0) return
  scope(() => {
    for (const step of state.steps) countStep(step)
    _fused_adamw_(
      parameters,
      gradients,
      state.averages,
      state.squaredAverages,
      [],
      state.steps,
      options.learningRate,
      options.betas[0],
      options.betas[1],
      options.weightDecay,
      options.epsilon,
      false,
      false,
    )
  })
}

function countStep(step: Tensor): void {
  const count = step.float32()
  count.set(count.map((steps) => steps + 1))
}

/** The 2-norm over all elements of all gradients, in float32 as torch.nn.utils.get_total_norm computes it. */
export function gradientNorm(gradients: readonly Tensor[]): number {
  return scope(() => linalg_vector_norm(stack(_foreach_norm(gradients)))).item()
}

/**
 * Scales all gradients in place so that their norm is at most `maxNorm`, given the norm that they have. Matches
 * torch.nn.utils.clip_grad_norm_: the factor is maxNorm / (norm + 1e-6), where that is below 1.
 */
export function clipGradients(gradients: readonly Tensor[], norm: number, maxNorm: number): void {
  const factor = maxNorm / (norm + 1e-6)
  if (factor < 1) _foreach_mul_scalar_(gradients, factor)
}
