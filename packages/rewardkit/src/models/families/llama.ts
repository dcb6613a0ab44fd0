import { z } from 'zod'
import { InputError } from '../../errors.ts'
import { checkHeads, type Decoder, family, inEveryLayer, ordinary, positive } from '../family.ts'
import { readRotary, rotaryFields } from '../rotary-config.ts'

/** Where Llama and the families that follow it keep their parts. */
export const llamaParts = {
  embedding: 'embed_tokens',
  layers: 'layers',
  layer: {
    attentionNorm: 'input_layernorm',
    query: 'self_attn.q_proj',
    key: 'self_attn.k_proj',
    value: 'self_attn.v_proj',
    output: 'self_attn.o_proj',
    mlpNorm: 'post_attention_layernorm',
    gate: 'mlp.gate_proj',
    up: 'mlp.up_proj',
    down: 'mlp.down_proj',
  },
  finalNorm: 'norm',
} as const

/** The names of norms of query and key. */
export const queryKeyNorms = { queryNorm: 'self_attn.q_norm', keyNorm: 'self_attn.k_norm' } as const

export const llamaFields = z.looseObject({
  hidden_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  vocab_size: positive,
  intermediate_size: positive,
  max_position_embeddings: positive.nullish(),
  num_key_value_heads: positive.nullish(),
  head_dim: positive.nullish(),
  hidden_act: z.string().default('silu'),
  rms_norm_eps: z.number().positive().default(1e-6),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  sliding_window: positive.nullish(),
  use_sliding_window: z.boolean().optional(),
  ...rotaryFields,
})
type LlamaFields = z.output<typeof llamaFields>

/** A decoder as Llama's: RMS norm before attention and MLP, gated SiLU, grouped queries, rotary over whole heads. */
export function llamaDecoder(fields: LlamaFields, path: string): Decoder {
  const { hidden_size: hiddenSize, num_attention_heads: heads, hidden_act: activation } = fields
  if (activation !== 'silu') throw new InputError(`${path}: hidden_act is '${activation}'; supported here is 'silu'`)
  const keyValueHeads = fields.num_key_value_heads ?? heads
  const sizes = { hiddenSize, heads, keyValueHeads, headSize: fields.head_dim ?? hiddenSize / heads }
  checkHeads(path, sizes)
  return {
    ...ordinary,
    ...sizes,
    layers: fields.num_hidden_layers,
    intermediateSize: fields.intermediate_size,
    vocabularySize: fields.vocab_size,
    maxPositions: fields.max_position_embeddings ?? null,
    norm: 'rms',
    normEpsilon: fields.rms_norm_eps,
    activation: 'silu',
    attentionBias: fields.attention_bias,
    outputBias: fields.attention_bias,
    mlpBias: fields.mlp_bias,
    rotary: readRotary(path, fields, sizes.headSize),
    windows: inEveryLayer(fields.num_hidden_layers, null),
  }
}

/** Llama, which TinyLlama and SmolLM2 are too. */
export const llama = family({
  architecture: 'LlamaForSequenceClassification',
  prefix: 'model.',
  parts: llamaParts,
  fields: llamaFields,
  decoder: llamaDecoder,
})

/** Mistral: a sliding window; 4096 tokens where the field is absent, as in transformers, and none for null. */
export const mistral = family({
  architecture: 'MistralForSequenceClassification',
  prefix: 'model.',
  parts: llamaParts,
  fields: llamaFields,
  decoder: (fields, path) => ({
    ...llamaDecoder(fields, path),
    windows: inEveryLayer(fields.num_hidden_layers, fields.sliding_window === undefined ? 4096 : fields.sliding_window),
  }),
})

/** Qwen2: biases of query, key and value alone. */
export const qwen2 = family({
  architecture: 'Qwen2ForSequenceClassification',
  prefix: 'model.',
  parts: llamaParts,
  fields: llamaFields,
  decoder(fields, path) {
    refuseWindow(fields, path)
    return { ...llamaDecoder(fields, path), attentionBias: true, outputBias: false }
  },
})

/** Qwen3: norms of query and key for each head, heads of 128 dimensions where the field is absent. */
export const qwen3 = family({
  architecture: 'Qwen3ForSequenceClassification',
  prefix: 'model.',
  parts: { ...llamaParts, layer: { ...llamaParts.layer, ...queryKeyNorms } },
  fields: llamaFields,
  decoder(fields, path) {
    refuseWindow(fields, path)
    return { ...llamaDecoder({ ...fields, head_dim: fields.head_dim ?? 128 }, path), queryKeyNorm: 'head' }
  },
})

function refuseWindow({ use_sliding_window: isUsed }: LlamaFields, path: string): void {
  if (isUsed === true)
    throw new InputError(`${path}: use_sliding_window is not supported for this family`, { remedy: 'set it to false' })
}
