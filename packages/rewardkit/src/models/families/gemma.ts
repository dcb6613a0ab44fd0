import { z } from 'zod'
import { counted } from '../../counted.ts'
import { InputError } from '../../errors.ts'
import { type Decoder, family, positive } from '../family.ts'
import { llamaDecoder, llamaFields, llamaParts } from './llama.ts'

const gemmaFields = llamaFields.extend({
  head_dim: positive.default(256),
  use_bidirectional_attention: z.boolean().nullish(),
})
type GemmaFields = z.output<typeof gemmaFields>

/**
 * What Gemma does otherwise than Llama: embeddings times sqrt(hidden), norms that scale by 1 + w, GELU by tanh in the
 * gated MLP.
 */
function gemmaDecoder(fields: GemmaFields, activation: string, path: string): Decoder {
  if (activation !== 'gelu_pytorch_tanh')
    throw new InputError(`${path}: the activation is '${activation}'; supported for Gemma is 'gelu_pytorch_tanh'`)
  if (fields.use_bidirectional_attention === true)
    throw new InputError(`${path}: use_bidirectional_attention is not supported: a reward model reads causally`)
  return {
    ...llamaDecoder({ ...fields, hidden_act: 'silu' }, path),
    embeddingScale: Math.sqrt(fields.hidden_size),
    norm: 'rms-plus-one',
    activation: 'gelu-tanh',
  }
}

export const gemma = family({
  architecture: 'GemmaForSequenceClassification',
  tiesEmbeddings: true,
  prefix: 'model.',
  parts: llamaParts,
  fields: gemmaFields.extend({ hidden_act: z.string().default('gelu_pytorch_tanh') }),
  // The first release says 'gelu' and means the approximation by tanh; transformers reads it so.
  decoder: (fields, path) =>
    gemmaDecoder(fields, fields.hidden_act === 'gelu' ? 'gelu_pytorch_tanh' : fields.hidden_act, path),
})

/**
 * Gemma 2: norms before and after attention and MLP, a cap on attention scores, and a sliding window in every other
 * layer. The cap on the logits belongs to the language model; transformers applies none to a reward.
 */
export const gemma2 = family({
  architecture: 'Gemma2ForSequenceClassification',
  tiesEmbeddings: true,
  prefix: 'model.',
  parts: {
    ...llamaParts,
    layer: {
      ...llamaParts.layer,
      attentionOutputNorm: 'post_attention_layernorm',
      mlpNorm: 'pre_feedforward_layernorm',
      mlpOutputNorm: 'post_feedforward_layernorm',
    },
  },
  fields: gemmaFields.extend({
    hidden_activation: z.string().default('gelu_pytorch_tanh'),
    query_pre_attn_scalar: z.number().positive().default(256),
    attn_logit_softcapping: z.number().positive().nullable().default(50),
    final_logit_softcapping: z.number().positive().nullable().default(30),
    sliding_window: positive.nullable().default(4096),
    layer_types: z.array(z.enum(['sliding_attention', 'full_attention'])).nullish(),
  }),
  floatFields: ['attn_logit_softcapping', 'final_logit_softcapping'],
  decoder(fields, path) {
    const { num_hidden_layers: layers, layer_types: types } = fields
    if (types && types.length !== layers)
      throw new InputError(
        `${path}: layer_types names ${counted(types.length, 'layer')}, but num_hidden_layers is ${layers}`,
      )
    const isSliding = (i: number) => (types ? types[i] === 'sliding_attention' : i % 2 === 0)
    return {
      ...gemmaDecoder(fields, fields.hidden_activation, path),
      scoreScale: fields.query_pre_attn_scalar ** -0.5,
      scoreCap: fields.attn_logit_softcapping,
      logitCap: fields.final_logit_softcapping,
      windows: Array.from({ length: layers }, (_, i) => (isSliding(i) ? fields.sliding_window : null)),
    }
  },
})
