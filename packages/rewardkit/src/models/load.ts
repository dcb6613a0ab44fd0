import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  manualSeed,
  noGradient,
  openSafetensors,
  ops,
  type Safetensors,
  SafetensorsError,
  scope,
  type Tensor,
} from '@rewardkit/torch'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { type ReadingOptions, readingOptionsSchema, truncationRule as today } from '../tokens/index.ts'
import { type DecoderConfig, type ModelConfig, readModelConfig } from './config.ts'
import { headBiasName, headNames, normalizeHead } from './head.ts'
import type { RewardModel } from './model.ts'
import { readSettings } from './settings.ts'
import {
  arrangeWeights,
  checkpointPrefix,
  decoderShapes,
  type HeadKind,
  headKindOf,
  headName,
  headShapes,
  type ParameterShapes,
} from './weights.ts'

/** What loading is told. */
export interface LoadOptions {
  /** Draws the head of a causal language model; null where only a finished reward model will do. */
  readonly seed: number | null
  /** The kind of head that is wanted; by default the one that the folder has, else a linear one. */
  readonly head?: HeadKind
  /** How texts are read from now on; by default as the folder says, else the defaults. */
  readonly reading?: ReadingOptions
}

/**
 * Loads a Hugging Face folder into float32 parameters in memory of their own: a causal language model, which gets a head
 * N(0, 1 / sqrt(inputs + 1)) from the seed, or a reward model: ours, transformers', TRL's or OpenRLHF's. One or several
 * safetensors files, stored in float32, float16 or bfloat16. A language model's output head and old buffers are left out.
 * @throws InputError that names the file and every weight that is missing, unexpected or of the wrong shape, and for a
 * head of another kind than the one that is wanted
 */
export function loadRewardModel(folder: string, options: LoadOptions): RewardModel {
  const { decoder: config, raw } = readModelConfig(folder)
  const settings = readSettings(folder)
  const { stored, head } = fittingWeights(folder, { decoder: config, raw }, { needsHead: options.seed === null })
  if (head && options.head && head !== options.head)
    throw new InputError(`--head ${options.head}: ${folder} already has a head of the kind ${head}`, {
      remedy: `give --head ${head} to go on with it, or a language model`,
    })
  const parameters = new Map<string, Tensor>()
  for (const [name, { file, name: theirs }] of stored)
    if (name !== headBiasName) parameters.set(name, ownCopy(file, theirs))
  if (!head)
    for (const [name, tensor] of drawHead(headShapes(config, options.head ?? 'linear'), options.seed ?? 0))
      parameters.set(name, tensor)
  for (const parameter of parameters.values()) parameter.setRequiresGradient(true)
  const weights = arrangeWeights(config, parameters)
  const bias = stored.get(headBiasName)
  const constant = normalizeHead(weights.head, bias ? ownCopy(bias.file, bias.name).item() : 0, raw)
  return {
    config,
    rawConfig: raw,
    reading: options.reading ? readingOptionsSchema.parse(options.reading) : settings.reading,
    truncationRule: options.seed === null ? settings.truncationRule : today,
    rewardConstant: constant + settings.rewardConstant,
    names: [...parameters.keys()],
    parameters: [...parameters.values()],
    weights,
  }
}

/**
 * Compares the headers of a folder's weights with its configuration, without reading the weights.
 * @returns what the folder holds
 * @throws InputError as loadRewardModel does
 */
export function checkWeights(folder: string): 'reward-model' | 'language-model' {
  return fittingWeights(folder, readModelConfig(folder), { needsHead: false }).head ? 'reward-model' : 'language-model'
}

/** A tensor of a file, under our name for it. */
interface Stored {
  readonly file: Safetensors
  readonly name: string
  readonly shape: readonly number[]
}

/**
 * The tensors of a folder by our names for them, in our order: all that the configuration asks for, its head if it has
 * one, and the head's bias. Nothing unknown is there.
 */
function fittingWeights(
  folder: string,
  { decoder: config, raw }: ModelConfig,
  { needsHead }: { readonly needsHead: boolean },
): { readonly stored: ReadonlyMap<string, Stored>; readonly head: HeadKind | null } {
  const files = openWeights(folder)
  const heads = headNames(raw)
  const present = new Map(
    files.flatMap((file) =>
      [...file.entries].map(([name, { shape }]): [string, Stored] => [
        heads.get(name) ?? canonicalName(config, name),
        { file, name, shape },
      ]),
    ),
  )
  const head = headKindOf(present)
  const shapes = new Map([...decoderShapes(config), ...(head ? headShapes(config, head) : [])])

  const problems: string[] = []
  const stored = new Map<string, Stored>()
  for (const [name, shape] of shapes) {
    const found = present.get(name)
    if (!found) problems.push(`${name} is missing`)
    else if (found.shape.join() !== shape.join())
      problems.push(`${name} is [${found.shape.join(', ')}], expected [${shape.join(', ')}]`)
    else stored.set(name, found)
  }
  if (needsHead && !head) problems.push(`${headName} is missing: it is no reward model`)
  const unexpected = [...present.keys()].filter((name) => !shapes.has(name) && !isIgnored(name))
  problems.push(...unexpected.map((name) => `${name} is unexpected`))
  if (problems.length > 0) {
    const more = problems.length > 3 ? ` and ${problems.length - 3} more problems` : ''
    throw new InputError(`${folder}: the weights do not fit config.json: ${problems.slice(0, 3).join('; ')}${more}`)
  }
  const bias = present.get(headBiasName)
  if (bias) stored.set(headBiasName, bias)
  return { stored, head }
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

/** model.safetensors, or all the files that model.safetensors.index.json names. */
function openWeights(folder: string): Safetensors[] {
  const single = join(folder, 'model.safetensors')
  const index = `${single}.index.json`
  let paths = [single]
  if (!existsSync(single)) {
    if (!existsSync(index))
      throw new InputError(`${folder} has no model.safetensors`, {
        remedy: 'convert the weights to safetensors (pickles are never loaded)',
      })
    const parsed = indexSchema.safeParse(readJson(index))
    if (!parsed.success) throw new InputError(`${index} has no weight_map`, { remedy: 'copy the file again' })
    paths = [...new Set(Object.values(parsed.data.weight_map))].map((name) => join(folder, name))
    const outside = Object.values(parsed.data.weight_map).find((name) => name !== basename(name) || name === '..')
    if (outside !== undefined)
      throw new InputError(`${index} names "${outside}"; expected the name of a file beside it`, {
        remedy: 'copy the file again',
      })
    const missing = paths.find((path) => !existsSync(path))
    if (missing) throw new InputError(`${index} names ${missing}, which is missing`, { remedy: 'copy the file again' })
  }
  try {
    return paths.map(openSafetensors)
  } catch (error) {
    if (error instanceof SafetensorsError)
      throw new InputError(error.message, { remedy: 'copy the file again', cause: error })
    throw error
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InputError(`${path}: not JSON (${String(error)})`, { remedy: 'copy the file again', cause: error })
  }
}

/** Some checkpoints hold the bare decoder, without the prefix of the whole model. */
function canonicalName(config: DecoderConfig, name: string): string {
  const prefix = checkpointPrefix(config)
  const isBare = /^(layers\.|embed_in\.|embed_tokens\.|norm\.|final_layer_norm\.)/.test(name)
  return isBare ? `${prefix}${name}` : name
}

/** Output heads of language models, buffers that old checkpoints carry, and the head's bias, which is no parameter. */
const isIgnored = (name: string): boolean =>
  name === headBiasName ||
  /^(lm_head|embed_out)\.weight$/.test(name) ||
  /\.(rotary_emb\.inv_freq|attention\.bias|attention\.masked_bias)$/.test(name)

/** In float32, whatever dtype the file has. */
function ownCopy(file: Safetensors, name: string): Tensor {
  return scope(() => ops.to(file.get(name), 'float32'))
}

/** Matrices from N(0, 1 / sqrt(inputs + 1)), one after the other from one seed; biases are 0. */
function drawHead(shapes: ParameterShapes, seed: number): ReadonlyMap<string, Tensor> {
  return noGradient(() => {
    manualSeed(seed)
    return new Map(
      [...shapes].map(([name, shape]): [string, Tensor] => {
        const [, inputs] = shape
        const draw = () =>
          scope(() => ops.normal_(ops.empty(shape, { dtype: 'float32' }), { std: deviation(inputs ?? 0) }))
        return [name, inputs === undefined ? ops.zeros(shape, { dtype: 'float32' }) : draw()]
      }),
    )
  })
}

const deviation = (inputs: number): number => 1 / Math.sqrt(inputs + 1)
