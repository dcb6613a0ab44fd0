import { z } from 'zod'
import { checkHeads, family, inEveryLayer, ordinary, positive } from '../family.ts'
import { readRotary, rotaryFields } from '../rotary-config.ts'

/** GPT-NeoX, which Pythia is: layer norm, fused query-key-value, partial rotary, parallel residual or not. */
export const gptNeoX = family({
  architecture: 'GPTNeoXForSequenceClassification',
  outputHead: 'embed_out',
  prefix: 'gpt_neox.',
  parts: {
    embedding: 'embed_in',
    layers: 'layers',
    layer: {
      attentionNorm: 'input_layernorm',
      fused: 'attention.query_key_value',
      output: 'attention.dense',
      mlpNorm: 'post_attention_layernorm',
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
    },
    finalNorm: 'final_layer_norm',
  },
  fields: z.looseObject({
    hidden_size: positive,
    num_hidden_layers: positive,
    num_attention_heads: positive,
    vocab_size: positive,
    intermediate_size: positive,
    max_position_embeddings: positive.nullish(),
    hidden_act: z.enum(['gelu', 'gelu_new', 'gelu_fast', 'gelu_pytorch_tanh', 'relu']).default('gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
    use_parallel_residual: z.boolean().default(true),
    attention_bias: z.boolean().default(true),
    ...rotaryFields,
  }),
  decoder(fields, path) {
    const { hidden_size: hiddenSize, num_attention_heads: heads, hidden_act: activation } = fields
    const sizes = { hiddenSize, heads, keyValueHeads: heads, headSize: hiddenSize / heads }
    checkHeads(path, sizes)
    return {
      ...ordinary,
      ...sizes,
      layers: fields.num_hidden_layers,
      intermediateSize: fields.intermediate_size,
      vocabularySize: fields.vocab_size,
      maxPositions: fields.max_position_embeddings ?? null,
      norm: 'layer',
      normEpsilon: fields.layer_norm_eps,
      activation: activation === 'gelu' || activation === 'relu' ? activation : 'gelu-tanh',
      parallelResidual: fields.use_parallel_residual,
      attentionBias: fields.attention_bias,
      outputBias: fields.attention_bias,
      mlpBias: true,
      fusedOrder: 'by-head',
      rotary: readRotary(path, fields, sizes.headSize, fields.rotary_pct ?? 0.25),
      windows: inEveryLayer(fields.num_hidden_layers, null),
    }
  },
  savedRotary: ({ theta, dimensions }, headSize) => ({ rotary_emb_base: theta, rotary_pct: dimensions / headSize }),
})
