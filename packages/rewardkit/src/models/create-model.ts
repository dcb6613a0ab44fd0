import { join } from 'node:path'
import { manualSeed, noGradient, ops, scope, type Tensor, writeSafetensors } from '@rewardkit/torch'
import { writeFileAtomic } from '../files.ts'
import { makeFolder } from '../folders.ts'
import { readModelConfig } from './config.ts'
import { decoderShapes } from './weights.ts'

/** A small Llama model to train from scratch. */
export interface NewModel {
  readonly vocabularySize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly maxPositions: number
  /** Standard deviation of the matrices; norms start at 1. */
  readonly initializerRange: number
  readonly endTokenId: number
  readonly padTokenId: number
  readonly seed: number
}

/**
 * Writes the Hugging Face folder of an untrained Llama causal language model: weights drawn from the seed, the tokenizer
 * files that the caller gives. `train` then treats it like any other model.
 */
export function createModelFolder(
  folder: string,
  model: NewModel,
  tokenizerFiles: Readonly<Record<string, string>>,
): void {
  makeFolder(folder)
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: model.vocabularySize,
    hidden_size: model.hiddenSize,
    intermediate_size: model.intermediateSize,
    num_hidden_layers: model.layers,
    num_attention_heads: model.heads,
    num_key_value_heads: model.heads,
    max_position_embeddings: model.maxPositions,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    hidden_act: 'silu',
    initializer_range: model.initializerRange,
    tie_word_embeddings: true,
    bos_token_id: null,
    eos_token_id: model.endTokenId,
    pad_token_id: model.padTokenId,
    torch_dtype: 'float32',
  }
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
  for (const [name, content] of Object.entries(tokenizerFiles)) writeFileAtomic(join(folder, name), content)
  scope(() =>
    noGradient(() => {
      manualSeed(model.seed)
      const tensors: Record<string, Tensor> = {}
      for (const [name, shape] of decoderShapes(readModelConfig(folder).decoder)) {
        tensors[name] =
          shape.length === 1
            ? ops.ones(shape, { dtype: 'float32' })
            : ops.normal_(ops.empty(shape, { dtype: 'float32' }), { std: model.initializerRange })
      }
      writeSafetensors(join(folder, 'model.safetensors'), tensors)
    }),
  )
}
