import { join } from 'node:path'
import { noGradient, ops, scope, type Tensor, writeSafetensors } from '@rewardkit/torch'
import { at } from '../at.ts'
import { writeFileAtomic } from '../files.ts'
import { replaceFolder } from '../folders.ts'
import type { DecoderConfig } from './config.ts'
import { recordOf } from './families.ts'
import type { RewardNetwork } from './reward-network.ts'
import { writtenScaling } from './rotary-config.ts'
import { settingsFile, settingsOf } from './model-settings.ts'
import { isStoredTransposed } from './weights.ts'

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
  replaceFolder(folder, (temporary) => {
    scope(() => noGradient(() => writeSafetensors(join(temporary, 'model.safetensors'), storedTensors(model))))
    const json = (name: string, value: unknown) =>
      writeFileAtomic(join(temporary, name), `${JSON.stringify(value, null, 2)}\n`)
    writeFileAtomic(join(temporary, 'config.json'), configText(model, tokenizer.padTokenId))
    json(settingsFile, settingsOf(model))
    for (const [name, content] of Object.entries(tokenizer.files)) writeFileAtomic(join(temporary, name), content)
  })
}

/** The parameters by name, as the family's checkpoints store them. */
function storedTensors({ config, names, parameters }: RewardNetwork): Record<string, Tensor> {
  const stored = (name: string, tensor: Tensor) =>
    isStoredTransposed(config, name, tensor.shape) ? ops.contiguous(ops.transpose(tensor, 0, 1)) : tensor
  const named = parameters.map((tensor, i): [string, Tensor] => [at(names, i), tensor])
  return Object.fromEntries(named.map(([name, tensor]) => [name, stored(name, tensor)]))
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

/** transformers takes no whole number for some fields, and JSON writes 50.0 as 50 here. */
function configText(model: RewardNetwork, padTokenId: number | null): string {
  const { floatFields = [] } = recordOf(model.config.family)
  return floatFields.reduce(
    (text, name) => text.replace(new RegExp(String.raw`^(  "${name}": -?\d+)(,?)$`, 'm'), '$1.0$2'),
    `${JSON.stringify(savedConfig(model, padTokenId), null, 2)}\n`,
  )
}

/** The configuration as it was read, but for what makes it a reward model's; read by transformers 4 and 5. */
function savedConfig(model: RewardNetwork, padTokenId: number | null): Record<string, unknown> {
  const config = Object.fromEntries(Object.entries(model.rawConfig).filter(([name]) => !replaced.has(name)))
  return {
    ...config,
    ...savedRotary(model.config),
    architectures: model.weights.hiddenHead ? [] : [recordOf(model.config.family).architecture],
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
  if (!rotary) return {}
  const fields = recordOf(family).savedRotary?.(rotary, headSize) ?? { rope_theta: rotary.theta }
  return { ...fields, rope_scaling: writtenScaling(rotary.scaling) }
}
