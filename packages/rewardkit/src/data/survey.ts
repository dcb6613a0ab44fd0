import { basename } from 'node:path'
import { InputError, located, wholePhrase } from '../errors.ts'
import type { Notice } from '../events.ts'
import { sha256Files } from '../hashes.ts'
import { joinPhrases } from '../phrase.ts'
import type { DataSet } from './data-set.ts'
import type { Group } from './group.ts'
import { countSkipped, createSkippedRows, type SkippedRows } from './skipped-rows.ts'
import { readGroups } from './read-groups.ts'
import { type ReadGroup } from './read-source.ts'
import { changedError, fileState } from './sources/file-state.ts'
import { choicesFile } from './tables/choices.ts'
import { createUnreadTally, type UnreadColumns } from './unread-columns.ts'

/** Preferences that were read but left out, counted by reason. */
export type Dropped = Readonly<Record<string, number>>

/** What reading preference data from end to end found, without their texts. */
export interface Survey {
  readonly data: DataSet
  /** As the user named the data, or where they lie if they are rows of a program. */
  readonly path: string
  /** What messages call them. */
  readonly name: string
  /** Groups that are usable. */
  readonly kept: number
  /** Preferences read, the dropped ones included: lines, where each is a pair. */
  readonly read: number
  readonly dropped: Dropped
  /** The layouts that were recognised, in order. */
  readonly layouts: readonly string[]
  /** Preferences of each part of a mixture, the ones left out aside. */
  readonly parts: Readonly<Record<string, number>>
  /** Preferences that were turned round, since their probability was below 0.5. */
  readonly turned: number
  /** Columns that no layout read. */
  readonly unread: UnreadColumns
  /** Rows that could not be read and were skipped. */
  readonly skipped: SkippedRows
  /** What there is to say of how the data were read. */
  readonly notices: readonly Notice[]
  /**
   * SHA-256 of the file on disk, hexadecimal. For several files, that of their hashes and names, with the file of a
   * mixture and its files of choices first.
   */
  readonly sha256: string
  /** Sizes and times of the files: other ones tell that they have changed. */
  readonly state: string
}

/** Preference data in memory. */
export interface Preferences extends Survey {
  readonly groups: readonly Group[]
}

/**
 * Reads preference data once, counts, and shows every group that is usable to `visit`; keeps nothing.
 *
 * @param limit stops when this many groups were kept
 * @throws InputError as `readGroups` does, and if nothing but unreadable rows and degenerate preferences was found.
 */
export async function surveyPreferences(
  data: DataSet,
  limit = Infinity,
  visit: (group: Group) => void = () => {},
): Promise<Survey> {
  const { name, path = name } = data
  const state = stateOf(data)
  const dropped: Record<string, number> = {}
  const layouts = new Set<string>()
  const unread = createUnreadTally()
  let kept = 0
  let read = 0
  let turned = 0
  const parts: Record<string, number> = {}
  const skipped = createSkippedRows()
  const notices: Notice[] = []
  for await (const item of readGroups(data, (one) => notices.push(one))) {
    countSkipped(skipped, item.error)
    read += item.dropped.length + (item.group?.preferences.length ?? 0)
    for (const reason of item.dropped) dropped[reason] = (dropped[reason] ?? 0) + 1
    if (item.layout) layouts.add(item.layout.name)
    if (!item.group) continue
    turned += item.turned ?? 0
    if (item.part !== undefined) parts[item.part] = (parts[item.part] ?? 0) + item.group.preferences.length
    unread.add(item.unread ?? [], item.group)
    visit(item.group)
    kept += 1
    if (kept >= limit) break
  }
  if (read === 0) throw new InputError(`${name}: no rows; expected preferences`)
  if (kept === 0) {
    const counts = Object.entries(dropped).map(([reason, count]) => `${reason}: ${count}`)
    throw new InputError(
      joinPhrases(
        [
          `${name}: none of the ${read} preferences is usable (${counts.join(', ')}); expected two different responses that are not empty`,
          ...skipped.first.slice(0, 1).map(wholePhrase),
        ],
        '; ',
      ),
    )
  }
  return {
    data,
    path,
    name,
    kept,
    read,
    dropped,
    layouts: [...layouts],
    parts,
    turned,
    unread: { rows: unread.rows, rowsWithoutPrompt: unread.rowsWithoutPrompt },
    skipped: { count: skipped.count, first: skipped.first },
    notices,
    sha256: await hashOf(data),
    state,
  }
}

/** A group and its place: file and line or row. */
export type PlacedGroup = Pick<ReadGroup, 'place'> & {
  readonly group: Group
  /** The name of its row's layout. */
  readonly layout?: string
}

/**
 * The groups that a survey counted, read once more.
 *
 * @throws InputError if the files have changed since.
 */
export async function* surveyedGroups(survey: Survey): AsyncGenerator<PlacedGroup> {
  let left = survey.kept
  for await (const { group, place, layout } of readGroups(survey.data)) {
    if (group) yield { group, place, ...(layout && { layout: layout.name }) }
    if (group && --left === 0) break
  }
  if (left === 0 && stateOf(survey.data) === survey.state) return
  throw located(survey.name, changedError())
}

/**
 * Reads preference data into memory.
 *
 * @throws InputError as `surveyPreferences` does.
 */
export async function readPreferences(data: DataSet, limit?: number): Promise<Preferences> {
  const groups: Group[] = []
  const survey = await surveyPreferences(data, limit, (group) => groups.push(group))
  return { ...survey, groups }
}

const filesOf = ({ parts }: DataSet) => parts.flatMap(({ source }) => source.files)

const stateOf = (data: DataSet): string =>
  filesOf(data)
    .map(({ path }) => fileState(path))
    .join('\n')

async function hashOf(data: DataSet): Promise<string> {
  const { mixtureFile, parts } = data
  // The meaning of a part's values may be in a file that the mixture only names.
  const choices = parts.flatMap(({ options }) => choicesFile(options.choices) ?? [])
  const named =
    mixtureFile === undefined
      ? []
      : [{ path: mixtureFile, name: mixtureFile }, ...choices.map((path) => ({ path, name: basename(path) }))]
  return sha256Files([...named, ...filesOf(data)])
}
