import { InputError } from '../errors.ts'
import { sha256File } from '../files.ts'
import { conversationKey } from './build.ts'
import { described, isObject, type Row } from './fields.ts'
import { groupFromRow } from './formats/index.ts'
import type { Group, Message, Preference } from './group.ts'
import { readLines, type Line } from './lines.ts'

/** Preferences that were read but left out, counted by reason. */
export type Dropped = Readonly<Record<string, number>>

/** Why a preference is of no use: nothing to tell apart, or nothing to read. */
export type DropReason = 'identical_responses' | 'empty_response'

/** One line's group, and what its degenerate preferences were. */
export interface ReadGroup {
  readonly line: number
  /** Without its degenerate preferences; undefined where none is left. */
  readonly group: Group | undefined
  readonly dropped: readonly DropReason[]
}

/** A preference file in memory. */
export interface Preferences {
  readonly groups: readonly Group[]
  /** Preferences read, the dropped ones included: lines, where each is a pair. */
  readonly read: number
  readonly dropped: Dropped
  /** SHA-256 of the file as it lies on the disk, hexadecimal. */
  readonly sha256: string
}

/**
 * The row of one line.
 *
 * @throws InputError (without file and line) if the line is no JSON object.
 */
export function parseRow(text: string): Row {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InputError(invalidJson(text, error), { cause: error })
  }
  if (isObject(value)) return value
  throw new InputError(`found ${described(value)}, expected a JSON object; write one object a line`)
}

/**
 * Streams the groups of a JSONL file (plain or gzip) in bounded memory, in any format of `formats/`.
 *
 * @throws InputError in one line with file, line, field, what was found and what was expected.
 */
export async function* readGroups(path: string): AsyncGenerator<ReadGroup> {
  for await (const line of readLines(path)) {
    const group = located(path, line, () => {
      const read = groupFromRow(parseRow(line.text), `line-${line.number}`)
      if (read.preferences.length > 0) return read
      throw new InputError(
        'no preference; expected "chosen" and "rejected"; rewards of single responses are what score is for',
      )
    })
    yield { line: line.number, ...withoutDegenerate(group) }
  }
}

/**
 * Reads a preference file into memory. `limit` stops after so many groups were kept.
 *
 * @throws InputError as `readGroups` does, and if nothing but degenerate preferences was found.
 */
export async function readPreferences(path: string, options: { limit?: number } = {}): Promise<Preferences> {
  const limit = options.limit ?? Infinity
  const groups: Group[] = []
  const dropped: Record<string, number> = {}
  let read = 0
  for await (const item of readGroups(path)) {
    read += item.dropped.length + (item.group?.preferences.length ?? 0)
    for (const reason of item.dropped) dropped[reason] = (dropped[reason] ?? 0) + 1
    if (item.group) groups.push(item.group)
    if (groups.length >= limit) break
  }
  if (groups.length === 0) {
    const counts = Object.entries(dropped).map(([reason, count]) => `${reason}: ${count}`)
    throw new InputError(
      `${path}: all ${read} preferences are degenerate (${counts.join(', ')}); expected two different responses that are not empty`,
    )
  }
  return { groups, read, dropped, sha256: await sha256File(path) }
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
  if (endsEmpty(chosen) || endsEmpty(rejected)) return 'empty_response'
  return conversationKey(chosen) === conversationKey(rejected) ? 'identical_responses' : undefined
}

/** True if the last turn, the one that is judged, says nothing. */
function endsEmpty(response: readonly Message[]): boolean {
  return (response.at(-1)?.content ?? '').trim() === ''
}

/** Runs `work` and puts file and line in front of the message of an InputError. */
function located<T>(path: string, line: Line, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(`${path}, line ${line.number}: ${error.message}`, { cause: error })
  }
}

function invalidJson(text: string, error: unknown): string {
  const number = /"((?:[^"\\]|\\.)*)"\s*:\s*(NaN|-?Infinity)\b/.exec(text)
  if (number) return `field "${number[1]}": found ${number[2]}, expected a finite number (JSON has no ${number[2]})`
  const remedy = text.startsWith('[') ? 'write the items of the list one a line' : 'write one complete object a line'
  const reason = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : 'unreadable'
  return `invalid JSON (${reason}); ${remedy}`
}
