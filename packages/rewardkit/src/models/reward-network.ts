import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor } from '@rewardkit/torch'
import { FailureError, InputError, RewardKitError } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { type FetchedModel, fetchModel, hasHubPrefix, isHubName } from '../hub/index.ts'
import type { ReadingOptions, TrainedOn, TruncationRule } from '../tokens/index.ts'
import type { DecoderConfig } from './config.ts'
import type { Weights } from './weights.ts'

/** Parameters under their names in a Hugging Face checkpoint: all of a model, or the part that is trained. */
export interface NamedParameters {
  readonly names: readonly string[]
  /** Float32 leaves, in the order of `names`. */
  readonly parameters: readonly Tensor[]
}

/**
 * Where a model's head came from: kept as our folders and transformers' have it, taken from the value head of another
 * tool, or drawn from a seed.
 */
export type HeadOrigin =
  | { readonly kind: 'kept' }
  | { readonly kind: 'value-head'; readonly tensor: string; readonly file: string }
  | { readonly kind: 'drawn'; readonly seed: number }

/**
 * A reward model in memory, all its parameters in the order of the forward pass: plain data, which `forward` reads and
 * the training step changes in place.
 */
export interface RewardModel extends NamedParameters {
  readonly config: DecoderConfig
  /** config.json as it was read, for saving. */
  readonly rawConfig: Readonly<Record<string, unknown>>
  /** How texts become token ids for this model. */
  readonly reading: ReadingOptions
  /** The rule of truncation by which it was trained, or is being trained. */
  readonly truncationRule: TruncationRule
  /** The same as the folder's rewardkit.json says it; null where there is none. */
  readonly savedReading: ReadingOptions | null
  /** Groups that it was trained on, by how they were read; null where the folder does not say. */
  readonly trainedOn: TrainedOn | null
  readonly headOrigin: HeadOrigin
  /** Added to every reward: 0 but for models whose head came with a bias or a normaliser. Not trained. */
  readonly rewardConstant: number
  /** The same tensors by their part in the decoder. */
  readonly weights: Weights
}

/**
 * The model that `--model` stands for: a local folder if there is one of that name, otherwise a model of the Hugging Face
 * hub, which is fetched where the cache does not have it.
 * @returns its folder, and the name to write down: a local path as given, a name at the hub with its commit
 * @throws as `modelFolder` and `fetchModel`
 */
export async function findModel(model: string, hooks: Hooks): Promise<FetchedModel> {
  if (existsSync(model) || !isHubName(model)) return { folder: modelFolder(model), name: model }
  if (hasHubPrefix(model)) return fetchModel(model, hooks)
  hooks.onEvent({ kind: 'log', message: `--model ${model}: no such folder here, so taken as hub:${model}` })
  try {
    return await fetchModel(model, hooks)
  } catch (error) {
    const Kind = [InputError, FailureError].find((kind) => error instanceof kind)
    if (!Kind || !(error instanceof RewardKitError)) throw error
    throw new Kind(`--model ${model} (no folder here): ${error.problem}`, { remedy: error.remedy, cause: error })
  }
}

/**
 * The model folder that a path stands for: a run folder stands for its `model/`.
 * @throws InputError for what is no folder, and for a run that has not come to its model yet
 */
export function modelFolder(path: string): string {
  const present = statSync(path, { throwIfNoEntry: false })
  if (!present?.isDirectory())
    throw new InputError(`--model ${path}: ${present ? 'it is a file' : 'no such folder'}`, {
      remedy: 'give a Hugging Face model folder, a run folder, or a name at the hub such as hub:owner/name',
    })
  const inside = join(path, 'model')
  if (existsSync(join(path, 'metrics.jsonl')) && !existsSync(inside))
    throw new InputError(`--model ${path}: this run has not finished`, {
      remedy: 'go on with its command and --resume',
    })
  return !existsSync(join(path, 'config.json')) && existsSync(join(inside, 'config.json')) ? inside : path
}
