/**
 * Texts to token ids as a model reads them, and their packing into micro-batches. Loads no addon.
 * @module rewardkit/tokens
 */
export type { PackedBatch, PackedGroup, TokenGroup } from './sequence.ts'
export { renderPlain } from './chat-template.ts'
export { describeTokens, loadTokenizer, type Token, type Tokenizer } from './tokenizer.ts'
export { createCutTally, type CutCounts, cutParts, type CutReport, type CutTally, reportCuts } from './cuts.ts'
export {
  type DroppedGroup,
  encodeGroup,
  encodeReadable,
  type EncodeOptions,
  type Identical,
  identicalFor,
} from './encode.ts'
export {
  createReadingTally,
  createReadingWatch,
  type TrainedOn,
  waysToRead,
  type HowRead,
  type PlainTexts,
  type ReadingTally,
  type Transcripts,
} from './how-read.ts'
export { createEncodedSet, encodeInto, encodePlaced, type EncodedSet } from './encoded.ts'
export type { EncodedGroup } from './encoded-group.ts'
export { UnusableRow, type UnusableReason } from './unusable-row.ts'
export { pooledElsewhere } from './pooled-elsewhere.ts'
export { createStrangeTexts, type StrangeTexts } from './strange-texts.ts'
export type { Pool } from './sequences.ts'
export { type Cut, type Truncation, type TruncationRule, truncationRule } from './truncate.ts'
export { choosePadToken, savedTokenizerFiles } from './saved-files.ts'
export { countTokens, microBatchesOf, packGroups, planMicroBatches } from './pack.ts'
export {
  defaultMaxLength,
  givenReading,
  maxLengthOption,
  type ReadingOptions,
  readingOptionsSchema,
  type ReadingOverrides,
  readingOverridesSchema,
} from './reading-options.ts'
export { createSpool, type Spool, type SpooledGroups } from './spool.ts'
export { wordTokenizerFiles, wordTokenizerSpecials } from './word-tokenizer.ts'
