import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor } from '@rewardkit/torch'
import { InputError } from '../errors.ts'
import type { ReadingOptions } from '../tokens/index.ts'
import type { DecoderConfig } from './config.ts'
import type { Weights } from './weights.ts'

/** Parameters under their names in a Hugging Face checkpoint: all of a model, or the part that is trained. */
export interface NamedParameters {
  readonly names: readonly string[]
  /** Float32 leaves, in the order of `names`. */
  readonly parameters: readonly Tensor[]
}

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
  /** Added to every reward: 0 but for models whose head came with a bias or a normaliser. Not trained. */
  readonly rewardConstant: number
  /** The same tensors by their part in the decoder. */
  readonly weights: Weights
}

/**
 * The model folder that a path stands for: a run folder stands for its `model/`.
 * @throws InputError for what is no folder, and for a run that has not come to its model yet
 */
export function modelFolder(path: string): string {
  const present = statSync(path, { throwIfNoEntry: false })
  if (!present?.isDirectory())
    throw new InputError(`--model ${path}: ${present ? 'it is a file' : 'no such folder'}`, {
      remedy: 'give a Hugging Face model folder, or a run folder',
    })
  const inside = join(path, 'model')
  if (existsSync(join(path, 'metrics.jsonl')) && !existsSync(inside))
    throw new InputError(`--model ${path}: this run has not finished`, {
      remedy: 'go on with its command and --resume',
    })
  return !existsSync(join(path, 'config.json')) && existsSync(join(inside, 'config.json')) ? inside : path
}
