import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { hasWeights } from './weight-files.ts'

/** How rotary position embedding turns queries and keys. */
export interface Rotary {
  readonly theta: number
  /** Dimensions of each head that are turned; the others pass. */
  readonly dimensions: number
  readonly scaling:
    | { readonly kind: 'none' }
    | { readonly kind: 'linear'; readonly factor: number }
    | {
        readonly kind: 'llama3'
        readonly factor: number
        readonly lowFrequencyFactor: number
        readonly highFrequencyFactor: number
        readonly originalMaxPositions: number
      }
}

/** One decoder for all families: what differs between them is data. */
export interface DecoderConfig {
  readonly family: Family
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headSize: number
  readonly intermediateSize: number
  readonly vocabularySize: number
  /** `rms`: scale alone, as in Llama; `layer`: mean removed, with bias, as in GPT-NeoX. */
  readonly norm: 'rms' | 'layer'
  readonly normEpsilon: number
  /** `silu-gated`: down(silu(gate) * up); the others: down(activation(up)). */
  readonly activation: 'silu-gated' | 'gelu' | 'gelu-tanh' | 'relu'
  /** Attention and MLP read the same hidden state and are added together (GPT-NeoX), instead of one after the other. */
  readonly parallelResidual: boolean
  readonly attentionBias: boolean
  readonly outputBias: boolean
  readonly mlpBias: boolean
  /** Queries and keys go through a norm of their own for each head (Qwen3). */
  readonly queryKeyNorm: boolean
  readonly rotary: Rotary
  /** Tokens that a token can look back on, itself included; null without a limit (Mistral's sliding window). */
  readonly slidingWindow: number | null
}

/** A model folder's config.json, read: the decoder, and the file's content as it was. */
export interface ModelConfig {
  readonly decoder: DecoderConfig
  readonly raw: Readonly<Record<string, unknown>>
}

export const families = ['gpt_neox', 'llama', 'mistral', 'qwen2', 'qwen3'] as const
export type Family = (typeof families)[number]

const positive = z.number().int().positive()
const rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  partial_rotary_factor: z.number().positive().max(1).optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().optional(),
})

/** The fields that matter, in the words of old and new config.json files. */
const schema = z.looseObject({
  model_type: z.enum(families),
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  vocab_size: positive,
  intermediate_size: positive,
  num_key_value_heads: positive.nullish(),
  head_dim: positive.nullish(),
  hidden_act: z.enum(['silu', 'gelu', 'gelu_new', 'gelu_fast', 'gelu_pytorch_tanh', 'relu']).optional(),
  rms_norm_eps: z.number().positive().optional(),
  layer_norm_eps: z.number().positive().optional(),
  use_parallel_residual: z.boolean().optional(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  rotary_pct: z.number().positive().max(1).optional(),
  rotary_emb_base: z.number().positive().optional(),
  partial_rotary_factor: z.number().positive().max(1).optional(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  sliding_window: positive.nullish(),
  use_sliding_window: z.boolean().optional(),
  quantization_config: z.unknown().optional(),
})
type RawConfig = z.infer<typeof schema>

/**
 * Reads config.json of a Hugging Face model folder, in its old and its new forms.
 * @throws InputError for a folder without one, an unknown architecture, and features that are not supported, by name
 */
export function readModelConfig(folder: string): ModelConfig {
  const path = join(folder, 'config.json')
  if (existsSync(join(folder, 'adapter_config.json')) && !hasWeights(folder))
    throw new InputError(`${folder} is a LoRA adapter without its base model`, {
      remedy: 'merge it into its base model (merge_and_unload in peft) and save',
    })
  if (!existsSync(path))
    throw new InputError(`${folder} has no config.json`, {
      remedy: 'give a Hugging Face model folder, or a run folder',
    })
  let raw: unknown
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InputError(`${path}: not JSON (${String(error)})`, { remedy: 'copy the file again', cause: error })
  }
  const parsed = schema.safeParse(raw)
  if (!parsed.success) throw new InputError(`${path}: ${explain(parsed.error, raw)}`)
  const fields = parsed.data
  refuseUnsupported(path, fields)
  return { decoder: decoderConfig(path, fields), raw: fields }
}

function explain(error: z.ZodError, raw: unknown): string {
  const issue = error.issues[0]
  const name = issue?.path.join('.') ?? ''
  const found: unknown = issue?.path.reduce<unknown>(fieldOf, raw)
  if (name === 'model_type')
    return `model_type is ${JSON.stringify(found) ?? 'missing'}; supported architectures are ${families.join(', ')}`
  return `${name} is ${JSON.stringify(found) ?? 'missing'}: ${issue?.message ?? 'not as expected'}`
}

const fieldOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

function refuseUnsupported(path: string, fields: RawConfig): void {
  if (fields.quantization_config !== undefined && fields.quantization_config !== null)
    throw new InputError(`${path}: the weights are quantised (quantization_config)`, {
      remedy: 'use the unquantised model',
    })
  if (fields.use_sliding_window === true && fields.model_type !== 'mistral')
    throw new InputError(`${path}: use_sliding_window is not supported for ${fields.model_type}`, {
      remedy: 'set it to false',
    })
}

function decoderConfig(path: string, fields: RawConfig): DecoderConfig {
  const { hidden_size: hiddenSize, num_attention_heads: heads } = fields
  const isNeoX = fields.model_type === 'gpt_neox'
  const keyValueHeads = isNeoX ? heads : (fields.num_key_value_heads ?? heads)
  const headSize = isNeoX
    ? hiddenSize / heads
    : (fields.head_dim ?? (fields.model_type === 'qwen3' ? 128 : hiddenSize / heads))
  if (!Number.isInteger(headSize) || heads % keyValueHeads !== 0)
    throw new InputError(
      `${path}: ${heads} heads do not fit a hidden size of ${hiddenSize} with ${keyValueHeads} key-value heads`,
    )
  const qkvBias = fields.model_type === 'qwen2' || (fields.attention_bias ?? isNeoX)
  return {
    family: fields.model_type,
    hiddenSize,
    layers: fields.num_hidden_layers,
    heads,
    keyValueHeads,
    headSize,
    intermediateSize: fields.intermediate_size,
    vocabularySize: fields.vocab_size,
    norm: isNeoX ? 'layer' : 'rms',
    normEpsilon: isNeoX ? (fields.layer_norm_eps ?? 1e-5) : (fields.rms_norm_eps ?? 1e-6),
    activation: activation(path, fields),
    parallelResidual: isNeoX && (fields.use_parallel_residual ?? true),
    attentionBias: qkvBias,
    outputBias: fields.model_type === 'qwen2' ? false : qkvBias,
    mlpBias: isNeoX || (fields.mlp_bias ?? false),
    queryKeyNorm: fields.model_type === 'qwen3',
    rotary: rotary(path, fields, headSize),
    slidingWindow: fields.model_type === 'mistral' ? slidingWindow(fields) : null,
  }
}

/** null means none; where the field is absent, transformers takes 4096. */
const slidingWindow = (fields: RawConfig): number | null =>
  fields.sliding_window === undefined ? 4096 : fields.sliding_window

function activation(path: string, fields: RawConfig): DecoderConfig['activation'] {
  const name = fields.hidden_act ?? (fields.model_type === 'gpt_neox' ? 'gelu' : 'silu')
  if (fields.model_type !== 'gpt_neox') {
    if (name === 'silu') return 'silu-gated'
    throw new InputError(`${path}: hidden_act is '${name}'; supported for ${fields.model_type} is 'silu'`)
  }
  if (name === 'gelu' || name === 'relu') return name
  if (name === 'silu') throw new InputError(`${path}: hidden_act 'silu' is not supported for gpt_neox`)
  return 'gelu-tanh'
}

function rotary(path: string, fields: RawConfig, headSize: number): Rotary {
  const given = fields.rope_parameters ?? fields.rope_scaling ?? {}
  const share =
    given.partial_rotary_factor ??
    fields.partial_rotary_factor ??
    (fields.model_type === 'gpt_neox' ? (fields.rotary_pct ?? 0.25) : 1)
  const theta = given.rope_theta ?? fields.rope_theta ?? fields.rotary_emb_base ?? 10_000
  const kind = given.rope_type ?? given.type ?? 'default'
  const number = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = given[name]
    if (value === undefined) throw new InputError(`${path}: rotary scaling '${kind}' needs ${name}`)
    return value
  }
  const dimensions = Math.floor(headSize * share)
  if (kind === 'default') return { theta, dimensions, scaling: { kind: 'none' } }
  if (kind === 'linear') return { theta, dimensions, scaling: { kind, factor: number('factor') } }
  if (kind === 'llama3')
    return {
      theta,
      dimensions,
      scaling: {
        kind,
        factor: number('factor'),
        lowFrequencyFactor: number('low_freq_factor'),
        highFrequencyFactor: number('high_freq_factor'),
        originalMaxPositions: number('original_max_position_embeddings'),
      },
    }
  throw new InputError(`${path}: rotary scaling '${kind}' is not supported; supported are default, linear and llama3`)
}
