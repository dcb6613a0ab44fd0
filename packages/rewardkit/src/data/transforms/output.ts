import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../../errors.ts'
import { unwritable } from '../../files.ts'
import { sha256File } from '../../hashes.ts'
import { makeFolder } from '../../folders.ts'
import { option, phrase } from '../../phrase.ts'
import type { DataSet } from '../data-set.ts'
import { layoutNamed } from '../layouts/index.ts'
import type { Layout } from '../layouts/layout.ts'
import type { LayoutName } from '../layouts/layout-list.ts'
import type { Group } from '../group.ts'
import { createRowWriter } from '../sources/write-rows.ts'
import { lostFields } from './kept.ts'
import { count } from './reading.ts'

/** What a step wrote. */
export interface OutputCounts {
  readonly file: string
  readonly sha256: string
  /** Groups that were written, their pairs, and the rows that hold them. */
  readonly groups: number
  readonly pairs: number
  readonly rows: number
  /** Of how many groups the layout did not keep a field, by field. */
  readonly lost: Readonly<Record<string, number>>
}

/** Groups on their way into one file. */
export interface GroupWriter {
  /** Throws InputError where the layout cannot hold the group. */
  write(group: Group): Promise<void>
  /** Groups so far. */
  groups(): number
  /** Gives the file its name. */
  commit(): Promise<OutputCounts>
  /** Gives up; after `commit` nothing is left to give up. */
  discard(): void
}

/**
 * Refuses to write over what is read: the source would be gone, and the record of the step would describe its output.
 * @throws InputError that names the file
 */
export function checkOutputs(paths: readonly string[], data: readonly DataSet[]): void {
  const sources = new Set(
    data.flatMap(({ parts }) => parts.flatMap(({ source }) => source.files.map(({ path }) => identityOf(path)))),
  )
  const path = paths.find((output) => {
    const identity = identityOf(output)
    return identity !== undefined && sources.has(identity)
  })
  if (path !== undefined)
    throw unwritable(path, 'it is one of the files that are read', {
      remedy: phrase`name another place with ${option('out')}`,
    })
}

/** Equal for all names of one file; undefined where there is none that can be seen. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}

/**
 * Begins a file of groups: JSON Lines or Parquet by its name, in the requested layout, or else in whichever of ours
 * keeps everything. These are original transcripts, pairs, and groups of more responses.
 * @throws InputError where the place cannot be written
 */
export function createGroupWriter(path: string, to: LayoutName | undefined): GroupWriter {
  makeFolder(dirname(path))
  const writer = createRowWriter(path)
  const asked = to === undefined ? undefined : layoutNamed(to)
  const lost: Record<string, number> = {}
  let groups = 0
  let pairs = 0
  let rows = 0
  return {
    async write(group) {
      const layout = asked ?? keepingLayout(group)
      const written = rowsOf(layout, group)
      if (asked) for (const field of lostFields(wanted(group, layout), written, layout)) count(lost, field)
      groups += 1
      pairs += group.preferences.length
      rows += written.length
      for (const row of written) await writer.write(row)
    },
    groups: () => groups,
    async commit() {
      await writer.commit()
      return { file: path, sha256: await sha256File(path), groups, pairs, rows, lost }
    },
    discard: () => writer.discard(),
  }
}

/** What is asked for with messages is not lost: plain texts and transcripts become turns. */
function wanted(group: Group, { name }: Layout): Group {
  if (name !== 'messages') return group
  const { source: _, ...turns } = group
  return { ...turns, form: 'messages' }
}

function rowsOf(layout: Layout, group: Group) {
  try {
    return layout.write(group)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(phrase`${option('to')} ${layout.name}: ${group.id}: ${error.phrases.problem}`, {
      remedy: error.phrases.remedy,
      cause: error,
    })
  }
}

function keepingLayout(group: Group): Layout {
  if (group.form === 'transcript') return layoutNamed(group.responses.length === 2 ? 'hh' : 'groups')
  const isPair = group.responses.length === 2 && group.preferences.length === 1
  return layoutNamed(isPair ? 'pairs' : 'groups')
}
