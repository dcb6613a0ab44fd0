import type { Tensor } from '@rewardkit/torch'
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
 * A decoder with a head that turns a hidden state into a reward, in memory: plain data, which `forward` reads and the
 * training step changes in place. The parameters are in the order of the forward pass.
 */
export interface RewardNetwork extends NamedParameters {
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
