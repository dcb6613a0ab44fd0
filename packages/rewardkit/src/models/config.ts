import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { families, type Family, isFamily, recordOf } from './families.ts'
import { type Decoder, parseFields } from './family.ts'
import { hasWeights } from './weight-names.ts'

/** One decoder for all families: what differs between them is data. */
export interface DecoderConfig extends Decoder {
  readonly family: Family
}

/** A model folder's config.json, read: the decoder, and the file's content as it was. */
export interface ModelConfig {
  readonly decoder: DecoderConfig
  readonly raw: Readonly<Record<string, unknown>>
}

const schema = z.record(z.string(), z.unknown())

/** The fields that come first in `raw`. A run resumes by a hash of it, so this order must not change. */
const leadingFields = [
  'model_type',
  'hidden_size',
  'num_hidden_layers',
  'num_attention_heads',
  'vocab_size',
  'intermediate_size',
  'num_key_value_heads',
  'head_dim',
  'hidden_act',
  'rms_norm_eps',
  'layer_norm_eps',
  'use_parallel_residual',
  'attention_bias',
  'mlp_bias',
  'rotary_pct',
  'rotary_emb_base',
  'partial_rotary_factor',
  'rope_theta',
  'rope_scaling',
  'rope_parameters',
  'sliding_window',
  'use_sliding_window',
  'quantization_config',
]

/** The same of `rope_scaling` and `rope_parameters`. */
const leadingRotaryFields = [
  'rope_type',
  'type',
  'rope_theta',
  'partial_rotary_factor',
  'factor',
  'low_freq_factor',
  'high_freq_factor',
  'original_max_position_embeddings',
]

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
  const raw = ordered(parseFields(path, schema, readJson(path)))
  const { model_type: family, quantization_config: quantization } = raw
  if (!isFamily(family))
    throw new InputError(
      `${path}: model_type is ${JSON.stringify(family) ?? 'missing'}; supported architectures are ${families.join(', ')}`,
    )
  if (quantization !== undefined && quantization !== null)
    throw new InputError(`${path}: the weights are quantised (quantization_config)`, {
      remedy: 'use the unquantised model',
    })
  return { decoder: { family, ...recordOf(family).read(path, raw) }, raw }
}

type Fields = Readonly<Record<string, unknown>>

function ordered(raw: Fields): Fields {
  const rotary = ['rope_scaling', 'rope_parameters'].flatMap((name): [string, Fields][] => {
    const fields = schema.safeParse(raw[name]).data
    return fields ? [[name, first(leadingRotaryFields, fields)]] : []
  })
  return first(leadingFields, { ...raw, ...Object.fromEntries(rotary) })
}

/** The fields with those names first, in their order. */
const first = (names: readonly string[], fields: Fields): Fields => ({
  ...Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]])),
  ...fields,
})

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InputError(`${path}: not JSON (${String(error)})`, { remedy: 'copy the file again', cause: error })
  }
}
