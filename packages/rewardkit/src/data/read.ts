import { InputError } from '../errors.ts'
import { sha256File } from '../files.ts'
import { conversationKey } from './build.ts'
import { groupFromRow } from './formats/index.ts'
import type { Group, Message, Preference } from './group.ts'
import { type Line, readLines } from './lines.ts'
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

/** A preference file in memory. */
export interface Preferences {
  readonly groups: readonly Group[]
  /** Preferences read, the dropped ones included: lines, where each is a pair. */
  readonly read: number
  readonly dropped: Dropped
  /** What is wrong with the first line that was skipped. */
  readonly firstBadLine?: string | undefined
  /** SHA-256 of the file as it lies on the disk, hexadecimal. */
  readonly sha256: string
}

/**
 * Streams the groups of a JSONL file (plain or gzip) in bounded memory, in any format of `formats/`. Ids are unique: one
 * that appeared before is followed by `@line-N`.
 *
 * @throws InputError in one line with file, line, field, what was found and what was expected.
 */
export async function* readGroups(path: string, badLines: BadLines = 'error'): AsyncGenerator<ReadGroup> {
  const ids = new Set<string>()
  for await (const line of readLines(path)) {
    try {
      if ('error' in line) throw new InputError(line.error)
      const group = groupOfLine(line)
      yield { line: line.number, ...withoutDegenerate({ ...group, id: uniqueId(group.id, line.number, ids) }) }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      const located = `${path}, line ${line.number}: ${error.message}`
      if (badLines === 'error') throw new InputError(located, { cause: error })
      yield { line: line.number, group: undefined, dropped: ['bad_line'], error: located }
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

function uniqueId(id: string, line: number, known: Set<string>): string {
  let unique = id
  while (known.has(unique)) unique = `${unique}@line-${line}`
  known.add(unique)
  return unique
}

/** What `readPreferences` can be told. */
export interface ReadOptions {
  /** Stops after so many groups were kept. */
  readonly limit?: number | undefined
  /** Default `error`. */
  readonly badLines?: BadLines | undefined
}

/**
 * Reads a preference file into memory.
 *
 * @throws InputError as `readGroups` does, and if nothing but bad lines and degenerate preferences was found.
 */
export async function readPreferences(path: string, options: ReadOptions = {}): Promise<Preferences> {
  const limit = options.limit ?? Infinity
  const groups: Group[] = []
  const dropped: Record<string, number> = {}
  let read = 0
  let firstBadLine: string | undefined
  for await (const item of readGroups(path, options.badLines)) {
    firstBadLine ??= item.error
    read += item.dropped.length + (item.group?.preferences.length ?? 0)
    for (const reason of item.dropped) dropped[reason] = (dropped[reason] ?? 0) + 1
    if (item.group) groups.push(item.group)
    if (groups.length >= limit) break
  }
  if (groups.length === 0) {
    const counts = Object.entries(dropped).map(([reason, count]) => `${reason}: ${count}`)
    throw new InputError(
      `${path}: all ${read} preferences are degenerate (${counts.join(', ')}); expected two different responses that are not empty${firstBadLine === undefined ? '' : `; ${firstBadLine}`}`,
    )
  }
  return { groups, read, dropped, firstBadLine, sha256: await sha256File(path) }
}

/** What to say of lines that were skipped. */
export function badLinesMessage({ dropped, firstBadLine }: Pick<Preferences, 'dropped' | 'firstBadLine'>): string {
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
