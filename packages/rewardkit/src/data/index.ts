export { pairGroup, type Pair } from './build.ts'
export { formatOf, groupFromRow } from './formats/index.ts'
export type { Group, Message, Preference, TextForm, TranscriptSource } from './group.ts'
export { linesOf, readLines, type BadLine, type Line } from './lines.ts'
export { resolveMargins, type MissingMargin } from './margins.ts'
export {
  badLinesChoices,
  badLinesMessage,
  readGroups,
  readPreferences,
  type BadLines,
  type Dropped,
  type Preferences,
  type ReadOptions,
} from './read.ts'
export { parseRow } from './row.ts'
export { splitByPrompt, type Split } from './split.ts'
