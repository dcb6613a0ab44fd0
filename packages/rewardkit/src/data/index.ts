/**
 * Preference pairs: reading files of any layout into groups, margins, splits by prompt. Loads no addon.
 * @module rewardkit/data
 */
export { pairGroup, type Pair, type TextOrMessages } from './build.ts'
export { formatOf, groupFromRow } from './formats/index.ts'
export type { Group, Message, Preference, TextForm, TranscriptSource } from './group.ts'
export { linesOf, readLines, type BadLine, type Line } from './lines.ts'
export { checkMargins, withMargins, type MissingMargin } from './margins.ts'
export {
  badLinesChoices,
  badLinesMessage,
  readGroups,
  readPreferences,
  surveyedGroups,
  surveyPreferences,
  type BadLines,
  type Dropped,
  type Preferences,
  type ReadOptions,
  type Survey,
} from './read.ts'
export { parseRow } from './row.ts'
export { createPromptSplit, type PromptSplit } from './split.ts'
export { isSpooled, spooledFile, spoolRows } from './spooled-rows.ts'
export { createTally, type Tally } from './tally.ts'
