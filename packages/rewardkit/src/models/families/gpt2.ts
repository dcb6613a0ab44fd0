import { z } from 'zod'
import { InputError } from '../../errors.ts'
import { checkHeads, family, inEveryLayer, ordinary, positive } from '../family.ts'

/** GPT-2: learned positions, layer norm, query, key and value fused in blocks, matrices stored as [in, out]. */
export const gpt2 = family({
  architecture: 'GPT2ForSequenceClassification',
  tiesEmbeddings: true,
  prefix: 'transformer.',
  parts: {
    embedding: 'wte',
    positions: 'wpe',
    layers: 'h',
    layer: {
      attentionNorm: 'ln_1',
      fused: 'attn.c_attn',
      output: 'attn.c_proj',
      mlpNorm: 'ln_2',
      up: 'mlp.c_fc',
      down: 'mlp.c_proj',
    },
    finalNorm: 'ln_f',
  },
  storesTransposed: true,
  fields: z.looseObject({
    n_embd: positive,
    n_layer: positive,
    n_head: positive,
    n_positions: positive.default(1024),
    n_inner: positive.nullish(),
    vocab_size: positive,
    activation_function: z.enum(['gelu', 'gelu_new', 'gelu_fast', 'gelu_pytorch_tanh', 'relu']).default('gelu_new'),
    layer_norm_epsilon: z.number().positive().default(1e-5),
    scale_attn_weights: z.boolean().default(true),
    scale_attn_by_inverse_layer_idx: z.boolean().default(false),
    add_cross_attention: z.boolean().default(false),
  }),
  decoder(fields, path) {
    const { n_embd: hiddenSize, n_head: heads, n_layer: layers, activation_function: activation } = fields
    for (const name of ['scale_attn_by_inverse_layer_idx', 'add_cross_attention'] as const)
      if (fields[name]) throw new InputError(`${path}: ${name} is not supported`, { remedy: 'use a model without it' })
    const sizes = { hiddenSize, heads, keyValueHeads: heads, headSize: hiddenSize / heads }
    checkHeads(path, sizes)
    return {
      ...ordinary,
      ...sizes,
      layers,
      intermediateSize: fields.n_inner ?? 4 * hiddenSize,
      vocabularySize: fields.vocab_size,
      maxPositions: fields.n_positions,
      norm: 'layer',
      normEpsilon: fields.layer_norm_epsilon,
      activation: activation === 'gelu' || activation === 'relu' ? activation : 'gelu-tanh',
      attentionBias: true,
      outputBias: true,
      mlpBias: true,
      fusedOrder: 'in-blocks',
      scoreScale: fields.scale_attn_weights ? null : 1,
      windows: inEveryLayer(layers, null),
    }
  },
})
