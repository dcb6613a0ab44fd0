import { createReadStream, statSync } from 'node:fs'
import { counted } from '../../counted.ts'
import { InputError, located } from '../../errors.ts'
import { type Hooks, warning } from '../../events.ts'
import { sha256File } from '../../hashes.ts'
import { option, phrase } from '../../phrase.ts'
import type { Group, Preference } from '../group.ts'
import { linesOf } from '../lines.ts'
import { peek, readBytes } from '../sources/bytes.ts'
import { findPath } from '../sources/find-file.ts'
import { readRows } from '../sources/read-rows.ts'
import type { SourceFile } from '../sources/source.ts'
import type { FilterOptions } from './transform-options.ts'

/** A file of ids that `data filter` keeps or drops. */
export interface IdList {
  readonly option: 'ids' | 'withoutIds'
  /** Under what a pair that fails is counted. */
  readonly reason: string
  /** Whether pairs of the list stay, or the others. */
  readonly keeps: boolean
  readonly file: { readonly path: string; readonly sha256: string }
  /** Notes which of the ids the group has, whatever becomes of it. */
  look(group: Group): void
  /**
   * Whether the list has the id of the group, or that of the pair. A group of several pairs has ids for them, too, which
   * name the two responses by their place: `id#0-2`.
   */
  has(group: Group, preference: Preference): boolean
  /** Warns of ids that no group had. Throws InputError where that is all of them. */
  report(data: string, hooks: Hooks): void
}

/** The lists that the options name, read whole. */
export async function openIdLists(options: Pick<FilterOptions, 'ids' | 'withoutIds'>, hooks: Hooks): Promise<IdList[]> {
  const lists: IdList[] = []
  for (const name of ['ids', 'withoutIds'] as const) {
    const path = options[name]
    if (path === undefined) continue
    // An evaluation that suspects no pair writes an empty suspicious.jsonl.
    const isIdle = name === 'withoutIds' && statSync(path, { throwIfNoEntry: false })?.size === 0
    if (isIdle) hooks.onEvent(warning(phrase`${option(name)} ${path}: an empty file, so it drops nothing`))
    const ids = isIdle ? new Set<string>() : await readIds(path)
    lists.push(idList(name, { path, sha256: await sha256File(path) }, ids))
  }
  return lists
}

function idList(name: IdList['option'], file: IdList['file'], ids: ReadonlySet<string>): IdList {
  const found = new Set<string>()
  const areForPairs = [...ids].some((id) => id.includes('#'))
  const idsOf = (group: Group, preference: Preference) =>
    areForPairs && hasPairIds(group) ? [group.id, pairId(group, preference)] : [group.id]
  const has = (group: Group, preference: Preference) => idsOf(group, preference).some((id) => ids.has(id))
  return {
    option: name,
    reason: name === 'ids' ? 'ids' : 'without_ids',
    keeps: name === 'ids',
    file,
    has,
    look(group) {
      for (const preference of group.preferences)
        for (const id of idsOf(group, preference)) if (ids.has(id)) found.add(id)
    },
    report(data, hooks) {
      const missing = [...ids].filter((id) => !found.has(id))
      if (missing.length === 0) return
      const examples = missing.slice(0, 3).map((id) => JSON.stringify(id))
      const first = `${examples.join(', ')}${missing.length > 3 ? ', ...' : ''}`
      if (found.size > 0)
        hooks.onEvent(
          warning(
            phrase`${option(name)} ${file.path}: ${missing.length} of ${counted(ids.size, 'id')} are in no row (${first})`,
          ),
        )
      else
        throw new InputError(phrase`${option(name)} ${file.path}: no row of ${data} has one of its ids (${first})`, {
          remedy: 'give the data that the ids are of; rows without an id are named by their lines, as in line-12',
        })
    },
  }
}

/** Whether a group has several pairs, or had them before some were filtered out. */
const hasPairIds = ({ responses, preferences }: Group): boolean => responses.length > 2 || preferences.length > 1

/** What an evaluation calls a pair of a group that has several. */
const pairId = ({ id }: Group, { chosen, rejected }: Preference): string => `${id}#${chosen}-${rejected}`

/** The ids in a file: the column `id` of its rows, or its lines where it is a plain list. */
async function readIds(path: string): Promise<Set<string>> {
  if ((await findPath(path)) === 'folder') throw new InputError(`${path}: a folder; expected a file of ids`)
  const file = { path, name: path }
  const ids = new Set<string>()
  if (await isList(file)) {
    try {
      for await (const line of linesOf(readBytes(file, 'utf-8'))) {
        if ('error' in line) throw located(`line ${line.number}`, new InputError(line.error, { remedy: line.remedy }))
        ids.add(line.text.trim())
      }
    } catch (error) {
      throw error instanceof InputError ? located(path, error) : error
    }
    return ids
  }
  for await (const item of readRows(file)) {
    const place = `${path}, ${item.unit} ${item.number}`
    if ('error' in item) throw new InputError(`${place}: ${item.error}`, { remedy: item.remedy })
    const { id } = item.row
    if (typeof id !== 'string' && typeof id !== 'number')
      throw new InputError(`${place}: found no id; columns: ${Object.keys(item.row).join(', ')}`, {
        remedy: 'name the column id, or give a list with one id a line',
      })
    ids.add(String(id))
  }
  return ids
}

/** Whether a file is a plain list: neither a table by its name, nor JSON or Parquet by how it begins. */
async function isList({ path, name }: SourceFile): Promise<boolean> {
  if (/\.(csv|tsv|jsonl?|ndjson|parquet)(\.(gz|zst))?$/i.test(name)) return false
  const { head, bytes } = await peek(createReadStream(path), 4)
  await bytes[Symbol.asyncIterator]().return?.()
  return !/^\s*[[{]/.test(head.toString()) && head.toString('latin1', 0, 4) !== 'PAR1'
}
