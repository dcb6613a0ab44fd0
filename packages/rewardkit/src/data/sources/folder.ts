import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { at } from '../../at.ts'
import { counted } from '../../counted.ts'
import { InputError } from '../../errors.ts'
import { type Hooks, logLine, warning } from '../../events.ts'
import { listed, missingShards } from '../../shards.ts'
import type { SourceFile, SplitOrder } from './source.ts'

const dataName = /\.(jsonl|ndjson|json|csv|tsv|parquet)(\.(gz|zst))?$/i
/** What libraries write beside rows. */
const describing = new Set([
  'dataset_info.json',
  'dataset_infos.json',
  'dataset_dict.json',
  'state.json',
  'config.json',
])

/** Whether a file holds rows, by its name. */
export const isDataFile = (path: string): boolean => {
  const name = path.split(/[\\/]/).at(-1) ?? ''
  return dataName.test(name) && !describing.has(name.toLowerCase()) && !isHidden(name) && !isRecord(name)
}

/** What our own steps write beside their output. */
const isRecord = (name: string) => name === 'provenance.json' || name.endsWith('.provenance.json')

const isHidden = (name: string) => name.startsWith('.') || name.startsWith('_')

/**
 * The files of rows below a folder, sorted by path; of several splits, the first in the order that is there. Says what
 * is left out. Links to files count, those to folders do not.
 * @throws InputError if there are none, none of the requested split, or files of several kinds
 */
export async function filesOfFolder(folder: string, splits: SplitOrder, hooks: Hooks): Promise<SourceFile[]> {
  const say = (message: string) => hooks.onEvent(logLine(`${folder}: ${message}`))
  const all = await filesBelow(folder)
  const data = all.filter(isDataFile).sort()
  const others = all.filter((path) => !isDataFile(path)).map((path) => relative(folder, path))
  if (data.length === 0) throw nothingIn(folder, others)
  if (others.length > 0)
    say(`${counted(others.length, 'other file')} ${others.length === 1 ? 'is' : 'are'} not read (${listed(others)})`)
  const paths = ofOneSplit(folder, data, splits, say)
  checkOneKind(folder, paths)
  const missing = missingShards(
    paths.map((path) => relative(folder, path)),
    0,
  )
  if (missing.length > 0)
    hooks.onEvent(
      warning(
        `${folder}: by the numbers in the names, ${counted(missing.length, 'file')} ${missing.length === 1 ? 'is' : 'are'} missing: ${listed(missing)}`,
      ),
    )
  return withSubsets(paths, folder)
}

/**
 * Files with the folder as the subset if they are in several: relative to the one that holds them all.
 * @param named what the user named, up to its folder: ids are relative to it
 */
export function withSubsets(paths: readonly string[], named: string): SourceFile[] {
  const folders = paths.map((path) => dirname(path).split(sep))
  const [first = []] = folders
  let common = 0
  while (common < first.length && folders.every((parts) => parts[common] === first[common])) common++
  return paths.map((path, index) => {
    const subset = at(folders, index).slice(common).join('/')
    const idName = relative(named, path).split(sep).join('/')
    return { path, name: path, idName, ...(subset ? { subset } : {}) }
  })
}

/** Words for a split in the name of a file or folder, as Hugging Face datasets reads them. */
const splitWords: Readonly<Record<string, string>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
  eval: 'test',
  evaluation: 'test',
}

/** The split that a path names below the folder: by its file first, then by its folders. */
function splitOf(path: string): string | undefined {
  for (const part of path.split(sep).toReversed())
    for (const word of part.toLowerCase().split(/[^a-z]+/)) {
      const split = splitWords[word]
      if (split !== undefined) return split
    }
  return undefined
}

function ofOneSplit(
  folder: string,
  paths: readonly string[],
  splits: SplitOrder,
  say: (message: string) => void,
): readonly string[] {
  const bySplit = new Map<string | undefined, string[]>()
  for (const path of paths) {
    const split = splitOf(relative(folder, path))
    bySplit.set(split, [...(bySplit.get(split) ?? []), path])
  }
  const named = [...bySplit.keys()].filter((split) => split !== undefined)
  if (named.length === 0 || bySplit.size === 1 || splits.length === 0) return paths
  const split = splits.find((wanted) => bySplit.has(wanted)) ?? (named.length === 1 ? named[0] : undefined)
  const taken = bySplit.get(split)
  if (split === undefined || !taken)
    throw new InputError(
      `${folder}: its files belong to the splits ${named.join(' and ')}, expected ${splits.join(' or ')}`,
      {
        remedy: 'name the files with a pattern',
      },
    )
  const left = paths.filter((path) => !taken.includes(path)).map((path) => relative(folder, path))
  say(
    `the split ${split} is read, by the names of the files; ${counted(left.length, 'file')} ${left.length === 1 ? 'is' : 'are'} not (${listed(left)})`,
  )
  return taken
}

/** A folder may hold the same rows twice, as JSONL and as Parquet. */
function checkOneKind(folder: string, paths: readonly string[]): void {
  const kinds = new Map<string, number>()
  for (const path of paths) {
    const kind = dataName.exec(path)?.[1]?.toLowerCase() ?? ''
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  if (kinds.size < 2) return
  const found = [...kinds].map(([kind, count]) => `${count} .${kind}`).join(', ')
  throw new InputError(`${folder}: files of several kinds (${found}), which may be the same rows twice`, {
    remedy: `name those to read with a pattern, such as '${join(folder, `**/*.${[...kinds.keys()][0]}`)}'`,
  })
}

function nothingIn(folder: string, others: readonly string[]): InputError {
  if (others.some((name) => name.endsWith('.arrow')))
    return new InputError(`${folder}: Arrow files, as save_to_disk of datasets writes them`, {
      remedy: 'save them as Parquet: datasets.load_from_disk(FOLDER).to_parquet(FILE)',
    })
  const found = others.length === 0 ? 'an empty folder' : `no file of rows among ${listed(others)}`
  return new InputError(`${folder}: ${found}; expected .jsonl, .json, .csv, .tsv or .parquet`, {
    remedy: 'check the path',
  })
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!isHidden(entry.name)) found.push(...(await filesBelow(path)))
    } else if (statSync(path, { throwIfNoEntry: false })?.isFile()) found.push(path)
  }
  return found
}
