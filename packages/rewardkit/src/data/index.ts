/**
 * Preference pairs: reading files of any layout into groups, margins, splits by prompt. Loads no addon.
 * @module rewardkit/data
 */
export { pairGroup, type Pair, type TextOrMessages } from './build.ts'
export { layoutOf, groupFromRow } from './layouts/index.ts'
export type { Group, Message, Preference, TemplateInputs, TextForm, TranscriptSource } from './group.ts'
export { checkMargins, withMargins, type MissingMargin } from './missing-margins.ts'
export { columnMapper } from './columns.ts'
export { responseMapper } from './tables/list-columns.ts'
export { resolvedChoices } from './tables/choices.ts'
export type { Row } from './fields.ts'
export { type DataPart, type DataSet } from './data-set.ts'
export { openData } from './open-data.ts'
export { dataOptionsSchema, defaultDataOptions, type DataOptions } from './data-options.ts'
export type { DropReason } from './degenerate.ts'
export { readGroups } from './read-groups.ts'
export type { ReadGroup } from './read-source.ts'
export { evaluationSplits, trainingSplits } from './sources/open-source.ts'
export type { BadRow, Source, SourceFile, SourceRow, SplitOrder } from './sources/source.ts'
export { createReading, readLines, readRows, type SourceReading } from './sources/read-rows.ts'
export {
  readPreferences,
  surveyedGroups,
  surveyPreferences,
  type Dropped,
  type PlacedGroup,
  type Preferences,
  type Survey,
} from './survey.ts'
export { turnedMessage, withoutTies } from './probability.ts'
export { type SkippedRows, reportSkipped } from './skipped-rows.ts'
export { createPromptSplit, type PromptSplit } from './prompt-split.ts'
export { isSpooled, spooledFile, spoolRows } from './spooled-rows.ts'
export * from './transforms/index.ts'
export { createTally, type Tally } from './tally.ts'
export {
  createUnreadTally,
  missingPromptMessage,
  unreadColumns,
  unreadMessage,
  type UnreadColumns,
} from './unread-columns.ts'
