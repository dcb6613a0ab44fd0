import { ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute.ts'
import type { PackedBatch } from '../tokens/index.ts'
import { attention, attentionMasks, type AttentionMasks } from './attention.ts'
import type { DecoderConfig } from './config.ts'
import type { RewardModel } from './model.ts'
import { rotaryTables, rotate, type RotaryTables } from './rotary.ts'
import type { Affine, LayerWeights } from './weights.ts'

/**
 * The rewards of all responses of a packed batch: float32, [responses], in the order of groups and their responses.
 *
 * All tokens lie in one row [T, hidden] without padding, each shared prefix once; attention looks back within each
 * sequence alone. Only the pooled tokens' hidden states reach the final norm and the head. Equal to transformers'
 * AutoModelForSequenceClassification on each sequence by itself, up to rounding. With `bfloat16` the layers compute in
 * it, from the float32 parameters; head and rewards are float32.
 */
export function forward(model: RewardModel, packed: PackedBatch, dtype: ComputeDtype): Tensor {
  return scope(() => {
    const { config, weights } = model
    const rotary = rotaryTables(config.rotary, packed.positions, dtype)
    const masks = attentionMasks(packed, config.slidingWindow, dtype)
    const pooled = tensorFrom(BigInt64Array.from(packed.groups.flatMap((group) => group.pooled.map(BigInt))))
    let hidden = cast(ops.embedding(weights.embedding, tensorFrom(packed.ids)), dtype)
    for (const layer of weights.layers) {
      const before = hidden
      hidden = scope(() => decoderLayer(config, layer, before, rotary, masks, dtype))
    }
    const last = ops.index_select(hidden, 0, pooled)
    const normed = norm(config, weights.finalNorm, last, dtype)
    return ops.squeeze(ops.linear(cast(normed, 'float32'), weights.head), 1)
  })
}

function decoderLayer(
  config: DecoderConfig,
  layer: LayerWeights,
  hidden: Tensor,
  rotary: RotaryTables,
  masks: AttentionMasks,
  dtype: ComputeDtype,
): Tensor {
  const attended = attend(config, layer, norm(config, layer.attentionNorm, hidden, dtype), rotary, masks, dtype)
  const middle = ops.add(hidden, attended)
  const mlpInput = config.parallelResidual ? hidden : middle
  return ops.add(middle, mlp(config, layer, norm(config, layer.mlpNorm, mlpInput, dtype), dtype))
}

/** [T, hidden] -> [T, hidden]. */
function attend(
  config: DecoderConfig,
  layer: LayerWeights,
  hidden: Tensor,
  rotary: RotaryTables,
  masks: AttentionMasks,
  dtype: ComputeDtype,
): Tensor {
  const { heads, keyValueHeads, headSize } = config
  const [query, key, value] = project(config, layer, hidden, dtype)
  const turned = (states: Tensor, headNorm: Affine | null) =>
    rotate(headNorm ? norm(config, headNorm, states, dtype) : states, rotary)
  const mixed = attention(
    turned(query, layer.queryNorm),
    turned(key, layer.keyNorm),
    value,
    masks,
    heads !== keyValueHeads,
  )
  return linear(ops.view(mixed, [-1, heads * headSize]), layer.output, dtype)
}

/** Query [T, heads, size], key and value [T, key-value heads, size]. */
function project(
  { heads, keyValueHeads, headSize }: DecoderConfig,
  { projections }: LayerWeights,
  hidden: Tensor,
  dtype: ComputeDtype,
): [Tensor, Tensor, Tensor] {
  if ('fused' in projections) {
    const fused = ops.view(linear(hidden, projections.fused, dtype), [-1, heads, 3 * headSize])
    const [query, key, value] = ops.split_with_sizes(fused, [headSize, headSize, headSize], { dim: -1 })
    if (!query || !key || !value) throw new Error('the fused projection does not split in three')
    return [query, key, value]
  }
  const split = (states: Tensor, count: number) => ops.view(states, [-1, count, headSize])
  return [
    split(linear(hidden, projections.query, dtype), heads),
    split(linear(hidden, projections.key, dtype), keyValueHeads),
    split(linear(hidden, projections.value, dtype), keyValueHeads),
  ]
}

function mlp({ activation }: DecoderConfig, layer: LayerWeights, hidden: Tensor, dtype: ComputeDtype): Tensor {
  const up = linear(hidden, layer.up, dtype)
  if (activation === 'silu-gated' && layer.gate)
    return linear(ops.mul(ops.silu(linear(hidden, layer.gate, dtype)), up), layer.down, dtype)
  const activated =
    activation === 'relu' ? ops.relu(up) : ops.gelu(up, { approximate: activation === 'gelu-tanh' ? 'tanh' : 'none' })
  return linear(activated, layer.down, dtype)
}

function linear(input: Tensor, { weight, bias }: Affine, dtype: ComputeDtype): Tensor {
  return ops.linear(input, cast(weight, dtype), { bias: bias && cast(bias, dtype) })
}

/** Over the last dimension. */
function norm(config: DecoderConfig, { weight, bias }: Affine, input: Tensor, dtype: ComputeDtype): Tensor {
  const scale = cast(weight, dtype)
  if (config.norm === 'rms') return ops.rms_norm(input, weight.shape, { weight: scale, eps: config.normEpsilon })
  return ops.layer_norm(input, weight.shape, {
    weight: scale,
    bias: bias && cast(bias, dtype),
    eps: config.normEpsilon,
  })
}

/** Inside the graph, so that gradients reach the float32 parameters in float32. */
const cast = (tensor: Tensor, dtype: ComputeDtype): Tensor => (tensor.dtype === dtype ? tensor : ops.to(tensor, dtype))
