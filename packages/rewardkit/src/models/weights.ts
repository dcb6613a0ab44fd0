import type { Tensor } from '@rewardkit/torch'
import type { DecoderConfig } from './config.ts'

/** A linear map or a norm: [out, in] or [size], and its bias where there is one. */
export interface Affine {
  readonly weight: Tensor
  readonly bias: Tensor | null
}

/** The parameters of one layer. GPT-NeoX keeps query, key and value fused, head by head. */
export interface LayerWeights {
  readonly attentionNorm: Affine
  readonly mlpNorm: Affine
  readonly projections:
    { readonly fused: Affine } | { readonly query: Affine; readonly key: Affine; readonly value: Affine }
  readonly queryNorm: Affine | null
  readonly keyNorm: Affine | null
  readonly output: Affine
  /** Present in gated MLPs. */
  readonly gate: Affine | null
  readonly up: Affine
  readonly down: Affine
}

/** All parameters of a reward model, each under its part; they are the same tensors as in `RewardNetwork.parameters`. */
export interface Weights {
  readonly embedding: Tensor
  readonly layers: readonly LayerWeights[]
  readonly finalNorm: Affine
  /** Of an `mlp` head the map into its hidden units, [256, hidden] and [256]. */
  readonly hiddenHead: Affine | null
  /** The map to the reward: [1, hidden], of an `mlp` head [1, 256]. */
  readonly head: Tensor
}

/**
 * What makes a reward of the final hidden state h: `linear` is w · h, as in the paper and in transformers; `mlp` is
 * w2 · silu(W1 h + b1) with 256 hidden units.
 */
const headKinds = ['linear', 'mlp'] as const
export type HeadKind = (typeof headKinds)[number]

/** What training can be told: a kind, kept where the folder has it and drawn where it has none, or a new linear head. */
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

/** Where the decoder's parameters lie in a checkpoint. */
export const checkpointPrefix = (config: DecoderConfig): string =>
  config.family === 'gpt_neox' ? 'gpt_neox.' : 'model.'

/**
 * The decoder's parameters in the order of the forward pass, without the head, under the names that transformers gives
 * them in AutoModelForSequenceClassification.
 */
export function decoderShapes(config: DecoderConfig): ParameterShapes {
  const { hiddenSize, heads, keyValueHeads, headSize, intermediateSize } = config
  const shapes = new Map<string, readonly number[]>()
  const affine = (name: string, shape: readonly number[], bias: boolean) => {
    shapes.set(`${name}.weight`, shape)
    if (bias) shapes.set(`${name}.bias`, shape.slice(0, 1))
  }
  const names = partNames(config)
  const norm = (name: string, size = hiddenSize) => affine(name, [size], config.norm === 'layer')
  shapes.set(names.embedding, [config.vocabularySize, hiddenSize])
  for (let i = 0; i < config.layers; i++) {
    const layer = names.layer(i)
    norm(layer.attentionNorm)
    if (layer.fused) affine(layer.fused, [3 * hiddenSize, hiddenSize], config.attentionBias)
    else {
      affine(layer.query, [heads * headSize, hiddenSize], config.attentionBias)
      affine(layer.key, [keyValueHeads * headSize, hiddenSize], config.attentionBias)
      affine(layer.value, [keyValueHeads * headSize, hiddenSize], config.attentionBias)
    }
    if (config.queryKeyNorm) {
      norm(layer.queryNorm, headSize)
      norm(layer.keyNorm, headSize)
    }
    affine(layer.output, [hiddenSize, heads * headSize], config.outputBias)
    norm(layer.mlpNorm)
    if (layer.gate) affine(layer.gate, [intermediateSize, hiddenSize], config.mlpBias)
    affine(layer.up, [intermediateSize, hiddenSize], config.mlpBias)
    affine(layer.down, [hiddenSize, intermediateSize], config.mlpBias)
  }
  norm(names.finalNorm)
  return shapes
}

/** Arranges parameters by name into the parts of the decoder. */
export function arrangeWeights(config: DecoderConfig, parameters: ReadonlyMap<string, Tensor>): Weights {
  const get = (name: string): Tensor => {
    const tensor = parameters.get(name)
    if (!tensor) throw new Error(`no parameter '${name}'`)
    return tensor
  }
  const affine = (name: string): Affine => ({
    weight: get(`${name}.weight`),
    bias: parameters.get(`${name}.bias`) ?? null,
  })
  const names = partNames(config)
  return {
    embedding: get(names.embedding),
    layers: Array.from({ length: config.layers }, (_, i) => {
      const layer = names.layer(i)
      return {
        attentionNorm: affine(layer.attentionNorm),
        mlpNorm: affine(layer.mlpNorm),
        projections: layer.fused
          ? { fused: affine(layer.fused) }
          : { query: affine(layer.query), key: affine(layer.key), value: affine(layer.value) },
        queryNorm: config.queryKeyNorm ? affine(layer.queryNorm) : null,
        keyNorm: config.queryKeyNorm ? affine(layer.keyNorm) : null,
        output: affine(layer.output),
        gate: layer.gate ? affine(layer.gate) : null,
        up: affine(layer.up),
        down: affine(layer.down),
      }
    }),
    finalNorm: affine(names.finalNorm),
    hiddenHead: parameters.has(`${hiddenHeadName}.weight`) ? affine(hiddenHeadName) : null,
    head: get(parameters.has(mlpHeadName) ? mlpHeadName : headName),
  }
}

/** Where the parameters of layer `i` lie in a checkpoint. */
export const layerPrefix = (config: DecoderConfig, i: number): string => `${checkpointPrefix(config)}layers.${i}.`

/** The names of a checkpoint's modules for each part. `fused` and `gate` are empty where the family has none. */
function partNames(config: DecoderConfig) {
  const prefix = checkpointPrefix(config)
  if (config.family === 'gpt_neox')
    return {
      embedding: `${prefix}embed_in.weight`,
      finalNorm: `${prefix}final_layer_norm`,
      layer: (i: number) => {
        const layer = layerPrefix(config, i)
        return {
          attentionNorm: `${layer}input_layernorm`,
          mlpNorm: `${layer}post_attention_layernorm`,
          fused: `${layer}attention.query_key_value`,
          query: '',
          key: '',
          value: '',
          queryNorm: '',
          keyNorm: '',
          output: `${layer}attention.dense`,
          gate: '',
          up: `${layer}mlp.dense_h_to_4h`,
          down: `${layer}mlp.dense_4h_to_h`,
        }
      },
    }
  return {
    embedding: `${prefix}embed_tokens.weight`,
    finalNorm: `${prefix}norm`,
    layer: (i: number) => {
      const layer = layerPrefix(config, i)
      return {
        attentionNorm: `${layer}input_layernorm`,
        mlpNorm: `${layer}post_attention_layernorm`,
        fused: '',
        query: `${layer}self_attn.q_proj`,
        key: `${layer}self_attn.k_proj`,
        value: `${layer}self_attn.v_proj`,
        queryNorm: `${layer}self_attn.q_norm`,
        keyNorm: `${layer}self_attn.k_norm`,
        output: `${layer}self_attn.o_proj`,
        gate: `${layer}mlp.gate_proj`,
        up: `${layer}mlp.up_proj`,
        down: `${layer}mlp.down_proj`,
      }
    },
  }
}
