import { native } from './native.ts'
import type { Tensor } from './tensor.ts'

/**
 * Back-propagates from `tensors`, each seeded with the gradient of the final value with respect to it (same shape and
 * dtype). Adds to the `gradient` of every leaf that requires one.
 */
export function backward(tensors: readonly Tensor[], seeds: readonly Tensor[]): void {
  native.backward(
    tensors.map((tensor) => tensor.native),
    seeds.map((seed) => seed.native),
    false,
  )
}
