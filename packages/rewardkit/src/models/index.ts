/**
 * Reward models as Hugging Face folders and as plain data. Needs set-up, and computes in the calling thread.
 * @module rewardkit/models
 */
export { type DecoderConfig, readModelConfig } from './config.ts'
export { finalStates, forward, forwardFrom, hiddenStates } from './decoder.ts'
export { families, type Family } from './families.ts'
export type { Decoder } from './family.ts'
export { createModelFolder, type NewModel } from './create-model.ts'
export { checkWeights, type LoadOptions, loadRewardNetwork } from './load-network.ts'
export { type LanguageModel, loadLanguageModel } from './language-model.ts'
export { logProbabilities, type ResponseLikelihood, responseLikelihoods, type Targets } from './log-probabilities.ts'
export { maxLengthOf, maxLengthText } from './max-length.ts'
export { findModel, modelFolder } from './find-model.ts'
export type { HeadOrigin, NamedParameters, RewardNetwork } from './reward-network.ts'
export { type TrainedPart, trainPart } from './part.ts'
export { saveRewardModel, type TokenizerOutput } from './save.ts'
export type { HeadChoice, HeadKind } from './weights.ts'
