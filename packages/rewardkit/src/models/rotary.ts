import { type DType, ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import { at } from '../at.ts'
import type { Rotary } from './rotary-config.ts'

/** Cosines and sines of every token's angles, [T, 1, dimensions], both halves filled; and how many dimensions turn. */
export interface RotaryTables {
  readonly cosine: Tensor
  readonly sine: Tensor
  readonly dimensions: number
}

/**
 * Angles in float32 by the same operations as transformers' rotary embeddings (Su et al. 2021), so that they agree to
 * the last bit also at large positions.
 */
export function rotaryTables(rotary: Rotary, positions: BigInt64Array, dtype: DType): RotaryTables {
  return scope(() => {
    const frequencies = inverseFrequencies(rotary)
    const angles = ops.mul(ops.unsqueeze(ops.to(tensorFrom(positions), 'float32'), 1), ops.unsqueeze(frequencies, 0))
    const both = ops.unsqueeze(ops.cat([angles, angles], { dim: 1 }), 1)
    return {
      cosine: ops.to(ops.cos(both), dtype),
      sine: ops.to(ops.sin(both), dtype),
      dimensions: rotary.dimensions,
    }
  })
}

/** The tables of some tokens, by their row index (int64, [rows]). */
export const tablesOfRows = ({ cosine, sine, dimensions }: RotaryTables, rows: Tensor): RotaryTables => ({
  cosine: ops.index_select(cosine, 0, rows),
  sine: ops.index_select(sine, 0, rows),
  dimensions,
})

/** [dimensions / 2], float32, scaled as the configuration says. */
function inverseFrequencies({ theta, dimensions, scaling }: Rotary): Tensor {
  const even = tensorFrom(Float32Array.from({ length: dimensions / 2 }, (_, i) => 2 * i))
  const frequencies = ops.reciprocal(ops.pow_of_scalar(theta, ops.div_scalar(even, dimensions)))
  switch (scaling.kind) {
    case 'none':
      return frequencies
    case 'linear':
      return ops.div_scalar(frequencies, scaling.factor)
    case 'llama3':
      return tensorFrom(Float32Array.from(frequencies.float32(), (frequency) => stretch(frequency, scaling)))
  }
}

/** Llama 3's scaling: long wavelengths are stretched, short ones stay, those between are interpolated. */
function stretch(frequency: number, scaling: Extract<Rotary['scaling'], { kind: 'llama3' }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling
  const wavelength = (2 * Math.PI) / frequency
  if (wavelength < originalMaxPositions / highFrequencyFactor) return frequency
  if (wavelength > originalMaxPositions / lowFrequencyFactor) return frequency / factor
  const smooth = (originalMaxPositions / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
  return ((1 - smooth) * frequency) / factor + smooth * frequency
}

/** Turns the first `dimensions` of every head of [T, heads, size], in two halves as Llama and GPT-NeoX lay them out. */
export function rotate(states: Tensor, { cosine, sine, dimensions }: RotaryTables): Tensor {
  const size = at(states.shape, 2)
  const [turning = states, passing] =
    dimensions < size ? ops.split_with_sizes(states, [dimensions, size - dimensions], { dim: -1 }) : [states]
  const [first, second] = ops.chunk(turning, 2, { dim: -1 })
  if (!first || !second) throw new Error('a head has too few dimensions to turn')
  const swapped = ops.cat([ops.neg(second), first], { dim: -1 })
  const turned = ops.add(ops.mul(turning, cosine), ops.mul(swapped, sine))
  return passing ? ops.cat([turned, passing], { dim: -1 }) : turned
}
