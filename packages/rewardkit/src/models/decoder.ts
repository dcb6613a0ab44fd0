import { type DType, ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import { at } from '../at.ts'
import type { ComputeDtype } from '../compute-options.ts'
import { InputError } from '../errors.ts'
import { phrase, settings } from '../phrase.ts'
import type { PackedBatch } from '../tokens/index.ts'
import { allLooks, attention, type Look, pooledLooks, pooledRows, type Sight } from './attention.ts'
import type { DecoderConfig } from './config.ts'
import type { RewardNetwork } from './reward-network.ts'
import { learnedPositions } from './max-length.ts'
import { rotaryTables, rotate, type RotaryTables, tablesOfRows } from './rotary.ts'
import type { Affine, DecoderWeights, LayerWeights } from './weights.ts'

/** What a layer needs to know of the row: where its tokens stand, what they see, and whose hidden states go on. */
interface Row {
  /** Null for models with learned positions. */
  readonly rotary: RotaryTables | null
  /** Of the tokens that go on. */
  readonly looks: readonly Look[]
  /** The tokens that go on; null for all. */
  readonly leaving: { readonly rows: Tensor; readonly rotary: RotaryTables | null } | null
}

/**
 * The rewards of all responses of a packed batch: float32, [responses], in the order of groups and their responses.
 *
 * All tokens form one row [T, hidden] without padding, each shared prefix once; attention looks back only within each
 * sequence. The last layer gives keys and values of all tokens, but only the pooled tokens go through the rest of it,
 * the final norm and the head. A token pooled for several responses is computed once. The rewards equal those of
 * transformers' AutoModelForSequenceClassification on each sequence alone, up to rounding. With `bfloat16` the layers
 * compute in it, from the float32 parameters; final norm, head and rewards are float32.
 * @throws InputError for a token id that the model has no embedding for
 */
export function forward(model: RewardNetwork, packed: PackedBatch, dtype: ComputeDtype): Tensor {
  return scope(() => forwardFrom(model, packed, 0, hiddenStates(model, packed, 0, dtype)))
}

/**
 * The lower part of `forward`: the embedding and the first `layers` layers. In `dtype`, [T, hidden]; after the last
 * layer [pooled tokens, hidden], in the order of groups and their branches.
 * @throws InputError for a token id that the model has no embedding for
 */
export function hiddenStates(model: RewardNetwork, packed: PackedBatch, layers: number, dtype: ComputeDtype): Tensor {
  checkIds(packed.ids, model.config)
  checkPositions(packed.positions, model.config)
  return scope(() => throughLayers(model, packed, embed(model, packed, dtype), { from: 0, to: layers }))
}

/**
 * The hidden states of all tokens after the last layer and the final norm: float32, [T, hidden]. A language model's
 * output head reads them.
 * @throws InputError for a token id that the model has no embedding for
 */
export function finalStates(model: AnyDecoder, packed: PackedBatch, dtype: ComputeDtype): Tensor {
  checkIds(packed.ids, model.config)
  checkPositions(packed.positions, model.config)
  return scope(() => {
    const layers = { from: 0, to: model.weights.layers.length, keepsAll: true }
    const states = throughLayers(model, packed, embed(model, packed, dtype), layers)
    return norm(model.config, model.weights.finalNorm, cast(states, 'float32'))
  })
}

/** A decoder in memory, whatever head it has. */
interface AnyDecoder {
  readonly config: DecoderConfig
  readonly weights: DecoderWeights
}

/** The upper part of `forward`: its rewards from the hidden states that `hiddenStates` gave after the first `layers`. */
export function forwardFrom(model: RewardNetwork, packed: PackedBatch, layers: number, hidden: Tensor): Tensor {
  return scope(() => {
    const { config, weights } = model
    const last = throughLayers(model, packed, hidden, { from: layers, to: weights.layers.length })
    const normed = norm(config, weights.finalNorm, cast(last, 'float32'))
    const { hiddenHead } = weights
    const read = hiddenHead ? ops.silu(linear(normed, hiddenHead)) : normed
    const rewards = ops.squeeze(ops.linear(read, weights.head), 1)
    const places: number[] = []
    for (const [place, row] of pooledRows(packed).entries()) places[row] = place
    const responses = packed.groups.flatMap((group) => group.pooled.map((row) => at(places, row)))
    const chosen = ops.index_select(rewards, 0, integers(responses))
    return model.rewardConstant === 0 ? chosen : ops.add_scalar(chosen, model.rewardConstant)
  })
}

/** [T, hidden]. */
function embed({ config, weights }: AnyDecoder, packed: PackedBatch, dtype: ComputeDtype): Tensor {
  const embedded = cast(ops.embedding(weights.embedding, tensorFrom(packed.ids)), dtype)
  if (weights.positions)
    return ops.add(embedded, cast(ops.embedding(weights.positions, tensorFrom(packed.positions)), dtype))
  if (config.embeddingScale === null) return embedded
  // Rounded as the tensor that transformers multiplies with.
  return ops.mul(embedded, cast(tensorFrom(Float32Array.of(config.embeddingScale)), dtype))
}

/** Hidden states after layer `to` from those after layer `from`, in the same dtype. */
function throughLayers(
  { config, weights }: AnyDecoder,
  packed: PackedBatch,
  states: Tensor,
  { from, to, keepsAll = false }: { readonly from: number; readonly to: number; readonly keepsAll?: boolean },
): Tensor {
  if (from === to) return states
  const last = keepsAll ? null : weights.layers.length - 1
  const rowOf = rowsOf(config, packed, last, states.dtype)
  let hidden = states
  for (const [i, layer] of weights.layers.slice(from, to).entries()) {
    const before = hidden
    const row = rowOf(from + i)
    hidden = scope(() => decoderLayer(config, layer, before, row))
  }
  return hidden
}

/**
 * What each layer needs to know of the row, by its index. Layers that see equally far share their masks. Only the pooled
 * tokens go through the rest of layer `last`.
 */
function rowsOf(config: DecoderConfig, packed: PackedBatch, last: number | null, dtype: DType): (i: number) => Row {
  const rotary = config.rotary && rotaryTables(config.rotary, packed.positions, dtype)
  const scoresAtOnce = config.scoreCap === null ? null : Math.floor(scoresOfAllHeads / config.heads)
  const sight = (i: number): Sight => ({ window: at(config.windows, i), scoresAtOnce, dtype })
  const shared = new Map<number | null, Row>()
  return (i) => {
    if (i === last) {
      const rows = integers(pooledRows(packed))
      const leaving = { rows, rotary: rotary && tablesOfRows(rotary, rows) }
      return { rotary, looks: pooledLooks(packed, sight(i)), leaving }
    }
    const { window } = sight(i)
    const row = shared.get(window) ?? { rotary, looks: allLooks(packed, sight(i)), leaving: null }
    shared.set(window, row)
    return row
  }
}

/** Scores that capped attention holds at a time: 16 MB in float32. */
const scoresOfAllHeads = 2 ** 22

function checkIds(ids: BigInt64Array, { vocabularySize }: DecoderConfig): void {
  const beyond = ids.find((id) => id < 0n || id >= vocabularySize)
  if (beyond !== undefined)
    throw new InputError(
      `token id ${beyond} is beyond the model's ${vocabularySize} embeddings: the tokenizer has more tokens than the model`,
      { remedy: 'use the one that belongs to it' },
    )
}

function checkPositions(positions: BigInt64Array, config: DecoderConfig): void {
  const learned = learnedPositions(config)
  if (learned === null) return
  if (positions.some((position) => position >= learned))
    throw new InputError(`a sequence has more than the ${learned} positions that the model has learned`, {
      remedy: phrase`give ${settings({ maxLength: learned })} or less`,
    })
}

const integers = (values: readonly number[]): Tensor => tensorFrom(BigInt64Array.from(values.map(BigInt)))

/** [T, hidden] -> [tokens that go on, hidden]. */
function decoderLayer(config: DecoderConfig, layer: LayerWeights, hidden: Tensor, row: Row): Tensor {
  const normed = (affine: Affine | null, states: Tensor) => (affine ? norm(config, affine, states) : states)
  const attended = normed(layer.attentionOutputNorm, attend(config, layer, normed(layer.attentionNorm, hidden), row))
  const residual = row.leaving ? ops.index_select(hidden, 0, row.leaving.rows) : hidden
  const middle = ops.add(residual, attended)
  const mlpInput = normed(layer.mlpNorm, config.parallelResidual ? residual : middle)
  return ops.add(middle, normed(layer.mlpOutputNorm, mlp(config, layer, mlpInput)))
}

/** [T, hidden] -> [tokens that go on, hidden]. */
function attend(config: DecoderConfig, layer: LayerWeights, hidden: Tensor, { rotary, looks, leaving }: Row): Tensor {
  const [query, key, value] = project(config, layer, hidden)
  const placed = (states: Tensor, affine: Affine | null, tables: RotaryTables | null) => {
    const normed = affine ? projectionNorm(config, affine, states) : states
    return tables ? rotate(normed, tables) : normed
  }
  const asking = leaving ? ops.index_select(query, 0, leaving.rows) : query
  const mixed = attention(
    placed(asking, layer.queryNorm, leaving ? leaving.rotary : rotary),
    placed(key, layer.keyNorm, rotary),
    value,
    looks,
    { scale: config.scoreScale, cap: config.scoreCap },
  )
  return linear(ops.view(mixed, [-1, config.heads * config.headSize]), layer.output)
}

/** Query [T, heads, size], key and value [T, key-value heads, size]. */
function project(
  { heads, keyValueHeads, headSize, fusedOrder }: DecoderConfig,
  { projections }: LayerWeights,
  hidden: Tensor,
): [Tensor, Tensor, Tensor] {
  if ('fused' in projections) {
    const fused = linear(hidden, projections.fused)
    const [query, key, value] =
      fusedOrder === 'by-head'
        ? ops.chunk(ops.view(fused, [-1, heads, 3 * headSize]), 3, { dim: 2 })
        : ops.chunk(ops.view(fused, [-1, 3 * heads, headSize]), 3, { dim: 1 })
    if (!query || !key || !value) throw new Error('the fused projection does not split in three')
    return [query, key, value]
  }
  const split = (states: Tensor, count: number) => ops.view(states, [-1, count, headSize])
  return [
    split(linear(hidden, projections.query), heads),
    split(linear(hidden, projections.key), keyValueHeads),
    split(linear(hidden, projections.value), keyValueHeads),
  ]
}

/** The norm of a query or key [T, heads, size]: of each head, or of all heads together. */
function projectionNorm(config: DecoderConfig, affine: Affine, states: Tensor): Tensor {
  if (config.queryKeyNorm === 'head') return norm(config, affine, states)
  return ops.view(norm(config, affine, ops.view(states, [-1, ...affine.weight.shape])), states.shape)
}

function mlp({ activation }: DecoderConfig, layer: LayerWeights, hidden: Tensor): Tensor {
  const activate = activations[activation]
  const up = linear(hidden, layer.up)
  return linear(layer.gate ? ops.mul(activate(linear(hidden, layer.gate)), up) : activate(up), layer.down)
}

const activations: Record<DecoderConfig['activation'], (states: Tensor) => Tensor> = {
  silu: (states) => ops.silu(states),
  relu: (states) => ops.relu(states),
  gelu: (states) => ops.gelu(states, { approximate: 'none' }),
  'gelu-tanh': (states) => ops.gelu(states, { approximate: 'tanh' }),
}

/** In the dtype of the input, as are `norm` and all that a layer computes. */
function linear(input: Tensor, { weight, bias }: Affine): Tensor {
  return ops.linear(input, cast(weight, input.dtype), { bias: bias && cast(bias, input.dtype) })
}

/** Over the last dimension. */
function norm({ norm: kind, normEpsilon: eps }: DecoderConfig, affine: Affine, input: Tensor): Tensor {
  return norms[kind](input, affine, eps)
}

const norms: Record<DecoderConfig['norm'], (input: Tensor, affine: Affine, eps: number) => Tensor> = {
  rms: (input, { weight }, eps) => ops.rms_norm(input, weight.shape, { weight: cast(weight, input.dtype), eps }),
  // In float32 whatever the input is, as in transformers: in bfloat16, 1 + w would lose most of w.
  'rms-plus-one': (input, { weight }, eps) =>
    cast(ops.rms_norm(cast(input, 'float32'), weight.shape, { weight: ops.add_scalar(weight, 1), eps }), input.dtype),
  layer: (input, { weight, bias }, eps) =>
    ops.layer_norm(input, weight.shape, {
      weight: cast(weight, input.dtype),
      bias: bias && cast(bias, input.dtype),
      eps,
    }),
}

/** Inside the graph, so that gradients reach the float32 parameters in float32. */
const cast = (tensor: Tensor, dtype: DType): Tensor => (tensor.dtype === dtype ? tensor : ops.to(tensor, dtype))
