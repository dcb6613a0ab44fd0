import { z } from 'zod'
import { family } from '../family.ts'
import { llamaDecoder, llamaFields, llamaParts, queryKeyNorms } from './llama.ts'

/** OLMo 2: norms of what attention and MLP add instead of what they read; norms of query and key over all heads. */
export const olmo2 = family({
  architecture: 'Olmo2ForSequenceClassification',
  prefix: 'model.',
  parts: {
    ...llamaParts,
    layer: {
      ...llamaParts.layer,
      ...queryKeyNorms,
      attentionNorm: undefined,
      attentionOutputNorm: 'post_attention_layernorm',
      mlpNorm: undefined,
      mlpOutputNorm: 'post_feedforward_layernorm',
    },
  },
  fields: llamaFields.extend({ rms_norm_eps: z.number().positive().default(1e-5) }),
  decoder: (fields, path) => ({ ...llamaDecoder(fields, path), queryKeyNorm: 'projection' }),
})
