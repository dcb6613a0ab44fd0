import { statSync } from 'node:fs'
import { InputError, located } from '../errors.ts'
import { sha256File } from '../files.ts'
import { conversationKey } from './build.ts'
import { groupFromRow } from './formats/index.ts'
import type { Group, Message, Preference } from './group.ts'
import { type Line, readLines } from './lines.ts'
import { createNumbering, type Numbering } from './numbering.ts'
import { parseRow } from './row.ts'

/** Preferences that were read but left out, counted by reason. */
export type Dropped = Readonly<Record<string, number>>

/** Why a preference is of no use: nothing to tell apart, nothing to read, or it shall not count. */
export type DropReason = 'identical_responses' | 'empty_response' | 'zero_weight'

/** What happens to a line that cannot be read: it stops the reading, or is skipped and counted as `bad_line`. */
export type BadLines = 'error' | 'skip'

export const badLinesChoices = ['error', 'skip'] as const satisfies readonly BadLines[]

/** One line's group, and what its degenerate preferences were. */
export interface ReadGroup {
  readonly line: number
  /** Without its degenerate preferences; undefined where none is left. */
  readonly group: Group | undefined
  readonly dropped: readonly (DropReason | 'bad_line')[]
  /** For a skipped line: file, line and what is wrong with it. */
  readonly error?: string
}

/** What reading a preference file from end to end found, without its texts. */
export interface Survey {
  readonly path: string
  /** Groups that are of use. */
  readonly kept: number
  /** Preferences read, the dropped ones included: lines, where each is a pair. */
  readonly read: number
  readonly dropped: Dropped
  /** What is wrong with the first line that was skipped. */
  readonly firstBadLine?: string | undefined
  /** SHA-256 of the file as it lies on the disk, hexadecimal. */
  readonly sha256: string
  /** Size and time of the file: other ones tell that it has changed. */
  readonly state: string
}

/** A preference file in memory. */
export interface Preferences extends Survey {
  readonly groups: readonly Group[]
}

/**
 * Streams the groups of a JSONL file (plain or gzip) in bounded memory, in any format of `formats/`. Ids are unique: one
 * that appeared before is followed by `@line-N`.
 *
 * @throws InputError in one line with file, line, field, what was found and what was expected.
 */
export async function* readGroups(path: string, badLines: BadLines = 'error'): AsyncGenerator<ReadGroup> {
  const ids = createNumbering()
  for await (const line of readLines(path)) {
    try {
      if ('error' in line) throw new InputError(line.error, { remedy: line.remedy })
      const group = groupOfLine(line)
      yield { line: line.number, ...withoutDegenerate({ ...group, id: uniqueId(group.id, line.number, ids) }) }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      const problem = located(`${path}, line ${line.number}`, error)
      if (badLines === 'error') throw problem
      yield { line: line.number, group: undefined, dropped: ['bad_line'], error: problem.message }
    }
  }
}

function groupOfLine({ number, text }: Line): Group {
  const group = groupFromRow(parseRow(text), `line-${number}`)
  if (group.preferences.length > 0) return group
  throw new InputError(
    'no preference; expected "chosen" and "rejected"; rewards of single responses are what score is for',
  )
}

function uniqueId(id: string, line: number, known: Numbering): string {
  const count = known.size
  const isNew = known.numberOf(id) === count
  return isNew ? id : uniqueId(`${id}@line-${line}`, line, known)
}

/** How a preference file is read. */
export interface ReadOptions {
  /** Stops after so many groups were kept. */
  readonly limit?: number | undefined
  /** Default `error`. */
  readonly badLines?: BadLines | undefined
}

/**
 * Reads a preference file once, counts, and shows every group that is of use to `visit`; keeps nothing.
 *
 * @throws InputError as `readGroups` does, and if nothing but bad lines and degenerate preferences was found.
 */
export async function surveyPreferences(
  path: string,
  options: ReadOptions = {},
  visit: (group: Group) => void = () => {},
): Promise<Survey> {
  const limit = options.limit ?? Infinity
  const state = fileState(path)
  const dropped: Record<string, number> = {}
  let kept = 0
  let read = 0
  let firstBadLine: string | undefined
  for await (const item of readGroups(path, options.badLines)) {
    firstBadLine ??= item.error
    read += item.dropped.length + (item.group?.preferences.length ?? 0)
    for (const reason of item.dropped) dropped[reason] = (dropped[reason] ?? 0) + 1
    if (!item.group) continue
    visit(item.group)
    kept += 1
    if (kept >= limit) break
  }
  if (kept === 0) {
    const counts = Object.entries(dropped).map(([reason, count]) => `${reason}: ${count}`)
    throw new InputError(
      `${path}: all ${read} preferences are degenerate (${counts.join(', ')}); expected two different responses that are not empty${firstBadLine === undefined ? '' : `; ${firstBadLine}`}`,
    )
  }
  return { path, kept, read, dropped, firstBadLine, sha256: await sha256File(path), state }
}

/**
 * The groups that a survey counted, read once more.
 *
 * @throws InputError if the file has changed since.
 */
export async function* surveyedGroups(survey: Survey, badLines: BadLines | undefined): AsyncGenerator<Group> {
  let left = survey.kept
  for await (const { group } of readGroups(survey.path, badLines)) {
    if (group) yield group
    if (group && --left === 0) break
  }
  if (left === 0 && fileState(survey.path) === survey.state) return
  throw new InputError(`${survey.path}: it changed while it was read`, { remedy: 'start again when it is complete' })
}

function fileState(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.size} ${found.mtimeMs}` : ''
}

/**
 * Reads a preference file into memory.
 *
 * @throws InputError as `surveyPreferences` does.
 */
export async function readPreferences(path: string, options: ReadOptions = {}): Promise<Preferences> {
  const groups: Group[] = []
  const survey = await surveyPreferences(path, options, (group) => groups.push(group))
  return { ...survey, groups }
}

/** What to say of lines that were skipped. */
export function badLinesMessage({ dropped, firstBadLine }: Pick<Survey, 'dropped' | 'firstBadLine'>): string {
  return `${dropped['bad_line'] ?? 0} lines could not be read and were skipped (--bad-lines skip); the first: ${firstBadLine}`
}

/** Splits off the preferences between equal responses and those with a response that is empty or only white space. */
function withoutDegenerate(group: Group): { group: Group | undefined; dropped: DropReason[] } {
  const dropped: DropReason[] = []
  const preferences = group.preferences.filter((preference) => {
    const reason = degenerate(group, preference)
    if (reason) dropped.push(reason)
    return reason === undefined
  })
  if (dropped.length === 0) return { group, dropped }
  return { group: preferences.length === 0 ? undefined : { ...group, preferences }, dropped }
}

function degenerate(group: Group, preference: Preference): DropReason | undefined {
  const chosen = group.responses[preference.chosen] ?? []
  const rejected = group.responses[preference.rejected] ?? []
  if (preference.weight === 0) return 'zero_weight'
  if (endsEmpty(chosen) || endsEmpty(rejected)) return 'empty_response'
  return conversationKey(chosen) === conversationKey(rejected) ? 'identical_responses' : undefined
}

/** True if the last turn, the one that is judged, says nothing. */
function endsEmpty(response: readonly Message[]): boolean {
  return (response.at(-1)?.content ?? '').trim() === ''
}
