import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { manualSeed, noGradient, ops, scope, type Tensor } from '@rewardkit/torch'
import { InputError } from '../errors.ts'
import { type ReadingOptions, readingOptionsSchema, truncationRule as today } from '../tokens/index.ts'
import { type ModelConfig, readModelConfig } from './config.ts'
import { claimOfHead, headBiasName, normalizeHead } from './head.ts'
import type { HeadOrigin, RewardNetwork } from './reward-network.ts'
import { maxLengthOf } from './max-length.ts'
import { readSettings } from './model-settings.ts'
import { fit, isIgnored, ownCopy, refuseProblems, type Stored, storedTensors } from './stored-weights.ts'
import { option, phrase, settings } from '../phrase.ts'
import {
  arrangeWeights,
  decoderShapes,
  type HeadChoice,
  type HeadKind,
  headKindOf,
  headName,
  headShapes,
  type ParameterShapes,
} from './weights.ts'

/** Options of loading. */
export interface LoadOptions {
  /** Draws the head of a causal language model; null where only a finished reward model will do. */
  readonly seed: number | null
  /**
   * The kind of head that is wanted, by default the one that the folder has, else a linear one; `new` draws a linear one
   * whatever the folder has.
   */
  readonly head?: HeadChoice
  /** How texts are read from now on, where it is given; otherwise as the folder says, else the defaults. */
  readonly reading?: Partial<ReadingOptions>
}

/**
 * Loads a Hugging Face folder into float32 parameters in memory of their own. It may hold a causal language model,
 * which gets a head N(0, 1 / sqrt(inputs + 1)) from the seed, or a reward model: ours, transformers', TRL's, OpenRLHF's
 * or LLaMA-Factory's. It has one or several safetensors files, stored in float32, float16 or bfloat16. A language
 * model's output head and old buffers are left out.
 * @throws InputError that names the file and every weight that is missing, unexpected or of the wrong shape. Also if
 * the head is of another kind than requested, there are two, or there is none although config.json promises one
 */
export function loadRewardNetwork(folder: string, options: LoadOptions): RewardNetwork {
  const { decoder: config, raw } = readModelConfig(folder)
  const { seed } = options
  const saved = readSettings(folder)
  const given = { ...(saved.isSaved && saved.reading), ...options.reading }
  const { stored, head } = fittingWeights(folder, { decoder: config, raw }, { ...options, needsHead: seed === null })
  const parameters = new Map<string, Tensor>()
  for (const [name, tensor] of stored) if (name !== headBiasName) parameters.set(name, ownCopy(tensor))
  const kind = head ?? (options.head === 'mlp' ? 'mlp' : 'linear')
  if (!head) for (const [name, tensor] of drawHead(headShapes(config, kind), seed ?? 0)) parameters.set(name, tensor)
  for (const parameter of parameters.values()) parameter.setRequiresGradient(true)
  const weights = arrangeWeights(config, parameters)
  const bias = stored.get(headBiasName)
  const constant = head ? normalizeHead(weights.head, bias ? ownCopy(bias).item() : 0, raw) : 0
  return {
    config,
    rawConfig: raw,
    truncationRule: options.seed === null ? saved.truncationRule : today,
    reading: readingOptionsSchema.parse({ ...given, maxLength: maxLengthOf(config, given.maxLength) }),
    savedReading: saved.isSaved ? saved.reading : null,
    trainedOn: saved.trainedOn,
    headOrigin: head ? originOf(stored) : { kind: 'drawn', seed: seed ?? 0 },
    rewardConstant: head ? constant + saved.rewardConstant : 0,
    names: [...parameters.keys()],
    parameters: [...parameters.values()],
    weights,
  }
}

/**
 * Compares the headers of a folder's weights with its configuration, without reading the weights.
 * @param head the head that is wanted, as for loadRewardNetwork
 * @returns what the folder holds
 * @throws InputError as loadRewardNetwork does
 */
export function checkWeights(folder: string, head?: HeadChoice): 'reward-model' | 'language-model' {
  const found = fittingWeights(folder, readModelConfig(folder), { head, needsHead: false })
  return found.head ? 'reward-model' : 'language-model'
}

/** Where a head that the folder has came from. */
function originOf(stored: ReadonlyMap<string, Stored>): HeadOrigin {
  const head = stored.get(headName)
  if (!head || head.name === headName) return { kind: 'kept' }
  return { kind: 'value-head', tensor: head.name, file: basename(head.file.path) }
}

/**
 * The tensors of a folder by our names for them, in our order: all that the configuration asks for, its head if it has
 * one, and the head's bias. Nothing unknown is there.
 */
function fittingWeights(
  folder: string,
  model: ModelConfig,
  wanted: { readonly head?: HeadChoice | undefined; readonly needsHead: boolean },
): { readonly stored: ReadonlyMap<string, Stored>; readonly head: HeadKind | null } {
  const { decoder: config, raw } = model
  const present = storedTensors(folder, model, wanted.head === 'new')
  const head = headKindOf(present)
  const shapes = new Map([...decoderShapes(config), ...(head ? headShapes(config, head) : [])])

  const { stored, problems } = fit(config, present, shapes)
  if (wanted.needsHead && !head) problems.push(`${headName} is missing: it is not a reward model`)
  const unexpected = [...present.keys()].filter((name) => !shapes.has(name) && !isIgnored(name))
  problems.push(...unexpected.map((name) => `${name} is unexpected`))
  const isOnlyHead = problems.length === 1 && wanted.needsHead && !head
  refuseProblems(folder, problems, isOnlyHead ? 'train it first, or name a reward model' : undefined)
  checkHead(folder, raw, head, wanted.head)
  const bias = present.get(headBiasName)
  if (bias) stored.set(headBiasName, bias)
  return { stored, head }
}

/** Refuses a head of another kind than the one that is wanted, and a reward model without its head. */
function checkHead(
  folder: string,
  raw: ModelConfig['raw'],
  head: HeadKind | null,
  wanted: HeadChoice | undefined,
): void {
  if (wanted === 'new') return
  if (head && wanted && head !== wanted)
    throw new InputError(phrase`${option('head')} ${wanted}: ${folder} already has a head of the kind ${head}`, {
      remedy: phrase`give ${settings({ head })} to keep it, ${settings({ head: 'new' })} for a new one, or a language model`,
    })
  const claim = claimOfHead(raw)
  if (head || claim === null) return
  throw new InputError(`${folder}: by its config.json (${claim}) it is a reward model, but its weights hold no head`, {
    remedy: existsSync(join(folder, 'value_head.bin'))
      ? phrase`save value_head.bin as value_head.safetensors (pickles are never loaded), or give ${settings({ head: 'new' })} to train a new head`
      : phrase`copy its weights again, or give ${settings({ head: 'new' })} to train a new head`,
  })
}

/** Matrices from N(0, 1 / sqrt(inputs + 1)), one after the other from one seed; biases are 0. */
function drawHead(shapes: ParameterShapes, seed: number): ReadonlyMap<string, Tensor> {
  return noGradient(() => {
    manualSeed(seed)
    return new Map(
      [...shapes].map(([name, shape]): [string, Tensor] => {
        const [, inputs] = shape
        if (inputs === undefined) return [name, ops.zeros(shape, { dtype: 'float32' })]
        const std = 1 / Math.sqrt(inputs + 1)
        return [name, scope(() => ops.normal_(ops.empty(shape, { dtype: 'float32' }), { std }))]
      }),
    )
  })
}
