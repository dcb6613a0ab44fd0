import { join } from 'node:path'
import { type Tensor, writeSafetensors } from '@rewardkit/torch'
import { replaceFolder, writeFileAtomic } from '../files.ts'
import type { DecoderConfig, Family, Rotary } from './config.ts'
import type { RewardNetwork } from './reward-network.ts'
import { settingsFile, settingsOf } from './model-settings.ts'

const architectures: Record<Family, string> = {
  gpt_neox: 'GPTNeoXForSequenceClassification',
  llama: 'LlamaForSequenceClassification',
  mistral: 'MistralForSequenceClassification',
  qwen2: 'Qwen2ForSequenceClassification',
  qwen3: 'Qwen3ForSequenceClassification',
}

/** What goes beside the weights: file contents by name, and the pad token that the configuration must name. */
export interface TokenizerOutput {
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly padTokenId: number | null
}

/**
 * Writes a Hugging Face folder that AutoModelForSequenceClassification opens: float32 weights with `score.weight`, one
 * label, no output head, the tokenizer, and `rewardkit.json` with the way texts are read. An `mlp` head has no class
 * there; such a folder names none. Whole or not at all; a folder of that name is replaced.
 */
export function saveRewardModel(folder: string, model: RewardNetwork, tokenizer: TokenizerOutput): void {
  const tensors: Record<string, Tensor> = {}
  for (const [i, name] of model.names.entries()) {
    const tensor = model.parameters[i]
    if (tensor) tensors[name] = tensor
  }
  replaceFolder(folder, (temporary) => {
    writeSafetensors(join(temporary, 'model.safetensors'), tensors)
    const json = (name: string, value: unknown) =>
      writeFileAtomic(join(temporary, name), `${JSON.stringify(value, null, 2)}\n`)
    json('config.json', savedConfig(model, tokenizer.padTokenId))
    json(settingsFile, settingsOf(model))
    for (const [name, content] of Object.entries(tokenizer.files)) writeFileAtomic(join(temporary, name), content)
  })
}

/** Fields that are written anew, or that no longer hold: OpenRLHF's normaliser is in the head now. */
const replaced = new Set([
  'torch_dtype',
  'dtype',
  'rope_parameters',
  'value_head_prefix',
  'normalize_reward',
  'mean',
  'std',
])

/** The configuration as it was read, but for what makes it a reward model's; read by transformers 4 and 5. */
function savedConfig(model: RewardNetwork, padTokenId: number | null): Record<string, unknown> {
  const config = Object.fromEntries(Object.entries(model.rawConfig).filter(([name]) => !replaced.has(name)))
  return {
    ...config,
    ...savedRotary(model.config),
    architectures: model.weights.hiddenHead ? [] : [architectures[model.config.family]],
    num_labels: 1,
    id2label: { 0: 'LABEL_0' },
    label2id: { LABEL_0: 0 },
    problem_type: 'regression',
    pad_token_id: padTokenId,
    tie_word_embeddings: false,
    torch_dtype: 'float32',
  }
}

/** The rotary settings in the words of transformers 4, which transformers 5 reads too. */
function savedRotary({ family, rotary, headSize }: DecoderConfig): Record<string, unknown> {
  const base =
    family === 'gpt_neox'
      ? { rotary_emb_base: rotary.theta, rotary_pct: rotary.dimensions / headSize }
      : { rope_theta: rotary.theta }
  return { ...base, rope_scaling: savedScaling(rotary.scaling) }
}

function savedScaling(scaling: Rotary['scaling']): Record<string, unknown> | null {
  if (scaling.kind === 'none') return null
  const kind = { rope_type: scaling.kind, type: scaling.kind, factor: scaling.factor }
  if (scaling.kind === 'linear') return kind
  return {
    ...kind,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalMaxPositions,
  }
}
