import { ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute-options.ts'
import { InputError } from '../errors.ts'
import type { PackedBatch } from '../tokens/index.ts'
import { allLooks, attention, type Look, pooledLooks, pooledRows } from './attention.ts'
import type { DecoderConfig } from './config.ts'
import type { RewardNetwork } from './reward-network.ts'
import { rotaryTables, rotate, type RotaryTables, tablesOfRows } from './rotary.ts'
import type { Affine, LayerWeights } from './weights.ts'

/** What a layer needs to know of the row: where its tokens stand, what they see, and whose hidden states go on. */
interface Row {
  readonly rotary: RotaryTables
  /** Of the tokens that go on. */
  readonly looks: readonly Look[]
  /** The tokens that go on; null for all. */
  readonly leaving: { readonly rows: Tensor; readonly rotary: RotaryTables } | null
}

/**
 * The rewards of all responses of a packed batch: float32, [responses], in the order of groups and their responses.
 *
 * All tokens lie in one row [T, hidden] without padding, each shared prefix once; attention looks back within each
 * sequence alone. The last layer gives keys and values of all tokens, but only the pooled tokens go through the rest of
 * it, the final norm and the head; a token pooled for several responses goes once. Equal to transformers'
 * AutoModelForSequenceClassification on each sequence by itself, up to rounding. With `bfloat16` the layers compute in
 * it, from the float32 parameters; final norm, head and rewards are float32.
 * @throws InputError for a token id that the model has no embedding for
 */
export function forward(model: RewardNetwork, packed: PackedBatch, dtype: ComputeDtype): Tensor {
  return scope(() => forwardFrom(model, packed, 0, hiddenStates(model, packed, 0, dtype), dtype))
}

/**
 * The lower part of `forward`: the embedding and the first `layers` layers. In `dtype`, [T, hidden]; behind the last
 * layer [pooled tokens, hidden], in the order of groups and their branches.
 * @throws InputError for a token id that the model has no embedding for
 */
export function hiddenStates(model: RewardNetwork, packed: PackedBatch, layers: number, dtype: ComputeDtype): Tensor {
  checkIds(packed.ids, model.config)
  return scope(() => {
    const embedded = cast(ops.embedding(model.weights.embedding, tensorFrom(packed.ids)), dtype)
    return throughLayers(model, packed, embedded, 0, layers, dtype)
  })
}

/** The upper part of `forward`: its rewards from the hidden states that `hiddenStates` gave behind the first `layers`. */
export function forwardFrom(
  model: RewardNetwork,
  packed: PackedBatch,
  layers: number,
  hidden: Tensor,
  dtype: ComputeDtype,
): Tensor {
  return scope(() => {
    const { config, weights } = model
    const last = throughLayers(model, packed, hidden, layers, weights.layers.length, dtype)
    const normed = norm(config, weights.finalNorm, cast(last, 'float32'), 'float32')
    const { hiddenHead } = weights
    const read = hiddenHead ? ops.silu(linear(normed, hiddenHead, 'float32')) : normed
    const rewards = ops.squeeze(ops.linear(read, weights.head), 1)
    const place = new Map(pooledRows(packed).map((row, i) => [row, i]))
    const responses = packed.groups.flatMap((group) => group.pooled.map((row) => place.get(row) ?? 0))
    const chosen = ops.index_select(rewards, 0, integers(responses))
    return model.rewardConstant === 0 ? chosen : ops.add_scalar(chosen, model.rewardConstant)
  })
}

/** Hidden states behind layer `to` from those behind layer `from`. */
function throughLayers(
  { config, weights }: RewardNetwork,
  packed: PackedBatch,
  states: Tensor,
  from: number,
  to: number,
  dtype: ComputeDtype,
): Tensor {
  if (from === to) return states
  const rotary = rotaryTables(config.rotary, packed.positions, dtype)
  const rows = integers(pooledRows(packed))
  const middle: Row = { rotary, looks: allLooks(packed, config.slidingWindow, dtype), leaving: null }
  const last: Row = {
    rotary,
    looks: pooledLooks(packed, config.slidingWindow, dtype),
    leaving: { rows, rotary: tablesOfRows(rotary, rows) },
  }
  let hidden = states
  for (const [i, layer] of weights.layers.slice(from, to).entries()) {
    const before = hidden
    const row = from + i === weights.layers.length - 1 ? last : middle
    hidden = scope(() => decoderLayer(config, layer, before, row, dtype))
  }
  return hidden
}

function checkIds(ids: BigInt64Array, { vocabularySize }: DecoderConfig): void {
  const beyond = ids.find((id) => id < 0n || id >= vocabularySize)
  if (beyond !== undefined)
    throw new InputError(
      `token id ${beyond} is beyond the model's ${vocabularySize} embeddings: the tokenizer has more tokens than the model`,
      { remedy: 'use the one that belongs to it' },
    )
}

const integers = (values: readonly number[]): Tensor => tensorFrom(BigInt64Array.from(values.map(BigInt)))

/** [T, hidden] -> [tokens that go on, hidden]. */
function decoderLayer(
  config: DecoderConfig,
  layer: LayerWeights,
  hidden: Tensor,
  row: Row,
  dtype: ComputeDtype,
): Tensor {
  const attended = attend(config, layer, norm(config, layer.attentionNorm, hidden, dtype), row, dtype)
  const residual = row.leaving ? ops.index_select(hidden, 0, row.leaving.rows) : hidden
  const middle = ops.add(residual, attended)
  const mlpInput = config.parallelResidual ? residual : middle
  return ops.add(middle, mlp(config, layer, norm(config, layer.mlpNorm, mlpInput, dtype), dtype))
}

/** [T, hidden] -> [tokens that go on, hidden]. */
function attend(
  config: DecoderConfig,
  layer: LayerWeights,
  hidden: Tensor,
  { rotary, looks, leaving }: Row,
  dtype: ComputeDtype,
): Tensor {
  const { heads, keyValueHeads, headSize } = config
  const [query, key, value] = project(config, layer, hidden, dtype)
  const turned = (states: Tensor, headNorm: Affine | null, tables: RotaryTables) =>
    rotate(headNorm ? norm(config, headNorm, states, dtype) : states, tables)
  const asking = leaving ? ops.index_select(query, 0, leaving.rows) : query
  const mixed = attention(
    turned(asking, layer.queryNorm, leaving?.rotary ?? rotary),
    turned(key, layer.keyNorm, rotary),
    value,
    looks,
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
