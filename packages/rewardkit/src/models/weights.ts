import type { Tensor } from '@rewardkit/torch'
import type { DecoderConfig } from './config.ts'
import { recordOf } from './families.ts'
import { type LayerPart, layerParts } from './family.ts'

/** A linear map or a norm: [out, in] or [size], and its bias where there is one. */
export interface Affine {
  readonly weight: Tensor
  readonly bias: Tensor | null
}

/** The parameters of one layer; null for parts that the family does not have. */
export interface LayerWeights {
  readonly attentionNorm: Affine | null
  readonly projections:
    { readonly fused: Affine } | { readonly query: Affine; readonly key: Affine; readonly value: Affine }
  readonly queryNorm: Affine | null
  readonly keyNorm: Affine | null
  readonly output: Affine
  /** Of what attention adds to the hidden state. */
  readonly attentionOutputNorm: Affine | null
  readonly mlpNorm: Affine | null
  readonly gate: Affine | null
  readonly up: Affine
  readonly down: Affine
  /** Of what the MLP adds to the hidden state. */
  readonly mlpOutputNorm: Affine | null
}

/** The parameters of a decoder without a head, each under its part. */
export interface DecoderWeights {
  /** [vocabulary, hidden]. */
  readonly embedding: Tensor
  /** Learned positions, [positions, hidden]. */
  readonly positions: Tensor | null
  readonly layers: readonly LayerWeights[]
  readonly finalNorm: Affine
}

/** All parameters of a reward model, each under its part; they are the same tensors as in `RewardNetwork.parameters`. */
export interface Weights extends DecoderWeights {
  /** Of an `mlp` head the map into its hidden units, [256, hidden] and [256]. */
  readonly hiddenHead: Affine | null
  /** The map to the reward: [1, hidden], of an `mlp` head [1, 256]. */
  readonly head: Tensor
}

/**
 * How the final hidden state h becomes a reward. `linear` is w · h, as in the paper and in transformers; `mlp` is w2 ·
 * silu(W1 h + b1) with 256 hidden units.
 */
const headKinds = ['linear', 'mlp'] as const
export type HeadKind = (typeof headKinds)[number]

/** The choices of training: a kind, kept if the folder has it and drawn if it has none, or a new linear head. */
export const headChoices = [...headKinds, 'new'] as const
export type HeadChoice = (typeof headChoices)[number]

/** Every parameter's name in a Hugging Face checkpoint, with the shape that the configuration gives it. */
export type ParameterShapes = ReadonlyMap<string, readonly number[]>

export const headName = 'score.weight'

/** The names of an `mlp` head: what PyTorch calls the parts of Sequential(Linear, SiLU, Linear). */
const hiddenHeadName = 'score.0'
const mlpHeadName = 'score.2.weight'
const mlpHeadSize = 256

/** The kind of head among names of parameters, ours; null where there is none. */
export function headKindOf(names: { has(name: string): boolean }): HeadKind | null {
  if (names.has(mlpHeadName) || names.has(`${hiddenHeadName}.weight`)) return 'mlp'
  return names.has(headName) ? 'linear' : null
}

/** Whether a parameter belongs to the head. */
export const isOfHead = (name: string): boolean =>
  name === headName || name === mlpHeadName || name.startsWith(`${hiddenHeadName}.`)

/** A head's parameters, by name. */
export function headShapes({ hiddenSize }: DecoderConfig, kind: HeadKind): ParameterShapes {
  if (kind === 'linear') return new Map([[headName, [1, hiddenSize]]])
  return new Map([
    [`${hiddenHeadName}.weight`, [mlpHeadSize, hiddenSize]],
    [`${hiddenHeadName}.bias`, [mlpHeadSize]],
    [mlpHeadName, [1, mlpHeadSize]],
  ])
}

/** What comes before the names of layer `i` in a checkpoint. */
export function layerPrefix({ family }: DecoderConfig, i: number): string {
  const { prefix, parts } = recordOf(family)
  return `${prefix}${parts.layers}.${i}.`
}

/**
 * The decoder's parameters in the order of the forward pass, without the head, under the names that transformers gives
 * them in AutoModelForSequenceClassification.
 */
export function decoderShapes(config: DecoderConfig): ParameterShapes {
  const { prefix, parts } = recordOf(config.family)
  const { hiddenSize } = config
  const shapes = new Map<string, readonly number[]>()
  const affine = (name: string, { shape, bias }: PartShape) => {
    shapes.set(`${name}.weight`, shape)
    if (bias) shapes.set(`${name}.bias`, shape.slice(0, 1))
  }
  const ofPart = layerShapes(config)
  shapes.set(`${prefix}${parts.embedding}.weight`, [config.vocabularySize, hiddenSize])
  if (parts.positions !== undefined && config.maxPositions !== null)
    shapes.set(`${prefix}${parts.positions}.weight`, [config.maxPositions, hiddenSize])
  for (let i = 0; i < config.layers; i++)
    for (const part of layerParts) {
      const name = parts.layer[part]
      if (name !== undefined) affine(`${layerPrefix(config, i)}${name}`, ofPart[part])
    }
  affine(`${prefix}${parts.finalNorm}`, ofPart.attentionNorm)
  return shapes
}

interface PartShape {
  readonly shape: readonly number[]
  readonly bias: boolean
}

/** The shape of each part of a layer, for the families that have it. */
function layerShapes(config: DecoderConfig): Record<LayerPart, PartShape> {
  const { hiddenSize, headSize, intermediateSize } = config
  const queries = config.heads * headSize
  const keys = config.keyValueHeads * headSize
  const norm = (size: number): PartShape => ({ shape: [size], bias: config.norm === 'layer' })
  const linear = (out: number, inputs: number, bias: boolean): PartShape => ({ shape: [out, inputs], bias })
  const isWhole = config.queryKeyNorm === 'projection'
  return {
    attentionNorm: norm(hiddenSize),
    fused: linear(3 * hiddenSize, hiddenSize, config.attentionBias),
    query: linear(queries, hiddenSize, config.attentionBias),
    key: linear(keys, hiddenSize, config.attentionBias),
    value: linear(keys, hiddenSize, config.attentionBias),
    queryNorm: norm(isWhole ? queries : headSize),
    keyNorm: norm(isWhole ? keys : headSize),
    output: linear(hiddenSize, queries, config.outputBias),
    attentionOutputNorm: norm(hiddenSize),
    mlpNorm: norm(hiddenSize),
    gate: linear(intermediateSize, hiddenSize, config.mlpBias),
    up: linear(intermediateSize, hiddenSize, config.mlpBias),
    down: linear(hiddenSize, intermediateSize, config.mlpBias),
    mlpOutputNorm: norm(hiddenSize),
  }
}

/** Whether the family's checkpoints store a parameter as [in, out]. */
export function isStoredTransposed({ family }: DecoderConfig, name: string, shape: readonly number[]): boolean {
  const { prefix, parts, storesTransposed = false } = recordOf(family)
  return storesTransposed && shape.length === 2 && name.startsWith(`${prefix}${parts.layers}.`)
}

/** Arranges parameters by name into the parts of a reward model. */
export function arrangeWeights(config: DecoderConfig, parameters: ReadonlyMap<string, Tensor>): Weights {
  const { get, affine } = byName(parameters)
  return {
    ...arrangeDecoder(config, parameters),
    hiddenHead: parameters.has(`${hiddenHeadName}.weight`) ? affine(hiddenHeadName) : null,
    head: get(parameters.has(mlpHeadName) ? mlpHeadName : headName),
  }
}

function byName(parameters: ReadonlyMap<string, Tensor>) {
  const get = (name: string): Tensor => {
    const tensor = parameters.get(name)
    if (!tensor) throw new Error(`no parameter '${name}'`)
    return tensor
  }
  const affine = (name: string): Affine => ({
    weight: get(`${name}.weight`),
    bias: parameters.get(`${name}.bias`) ?? null,
  })
  return { get, affine }
}

/** Arranges parameters by name into the parts of the decoder. */
export function arrangeDecoder(config: DecoderConfig, parameters: ReadonlyMap<string, Tensor>): DecoderWeights {
  const { get, affine } = byName(parameters)
  const { prefix, parts } = recordOf(config.family)
  const layerWeights = (i: number): LayerWeights => {
    const optional = (part: LayerPart): Affine | null => {
      const name = parts.layer[part]
      return name === undefined ? null : affine(`${layerPrefix(config, i)}${name}`)
    }
    const needed = (part: LayerPart): Affine => {
      const found = optional(part)
      if (!found) throw new Error(`the record of ${config.family} does not name '${part}'`)
      return found
    }
    const fused = optional('fused')
    return {
      attentionNorm: optional('attentionNorm'),
      projections: fused ? { fused } : { query: needed('query'), key: needed('key'), value: needed('value') },
      queryNorm: optional('queryNorm'),
      keyNorm: optional('keyNorm'),
      output: needed('output'),
      attentionOutputNorm: optional('attentionOutputNorm'),
      mlpNorm: optional('mlpNorm'),
      gate: optional('gate'),
      up: needed('up'),
      down: needed('down'),
      mlpOutputNorm: optional('mlpOutputNorm'),
    }
  }
  return {
    embedding: get(`${prefix}${parts.embedding}.weight`),
    positions: parts.positions === undefined ? null : get(`${prefix}${parts.positions}.weight`),
    layers: Array.from({ length: config.layers }, (_, i) => layerWeights(i)),
    finalNorm: affine(`${prefix}${parts.finalNorm}`),
  }
}
