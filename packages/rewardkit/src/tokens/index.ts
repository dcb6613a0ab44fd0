export type { PackedBatch, PackedGroup, TokenGroup } from './sequence.ts'
export { describeTokens, loadTokenizer, type Token, type Tokenizer } from './tokenizer.ts'
export { encodeGroup, type DroppedGroup, type EncodeOptions, type Transcripts } from './encode.ts'
export {
  countPreferences,
  describeFirstPair,
  encodePreferences,
  sequenceOf,
  type EncodedGroup,
  type EncodedPreferences,
} from './encoded.ts'
export type { Pool } from './sequences.ts'
export type { Truncation } from './truncate.ts'
export { choosePadToken, savedTokenizerFiles } from './saved-files.ts'
export { countTokens, packGroups, planMicroBatches } from './pack.ts'
export { type ReadingOptions, readingOptionsSchema } from './options.ts'
