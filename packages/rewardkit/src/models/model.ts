import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Tensor } from '@rewardkit/torch'
import type { ReadingOptions } from '../tokens/index.ts'
import type { DecoderConfig } from './config.ts'
import type { Weights } from './weights.ts'

/** A reward model in memory: plain data, which `forward` reads and the training step changes in place. */
export interface RewardModel {
  readonly config: DecoderConfig
  /** config.json as it was read, for saving. */
  readonly rawConfig: Readonly<Record<string, unknown>>
  /** How texts become token ids for this model. */
  readonly reading: ReadingOptions
  /** Added to every reward: 0 but for models whose head came with a bias or a normaliser. Not trained. */
  readonly rewardConstant: number
  /** Names in a Hugging Face checkpoint, in the order of `parameters`. */
  readonly names: readonly string[]
  /** All parameters: float32 leaves that require gradients. */
  readonly parameters: readonly Tensor[]
  /** The same tensors by their part in the decoder. */
  readonly weights: Weights
}

/** The model folder that a path stands for: a run folder stands for its `model/`. */
export function modelFolder(path: string): string {
  const inside = join(path, 'model')
  return !existsSync(join(path, 'config.json')) && existsSync(join(inside, 'config.json')) ? inside : path
}
