import { InputError } from '../errors.ts'
import type { Card, CardConfig } from './card.ts'
import { isGlob } from './globs.ts'
import type { HubName } from './hub-names.ts'
import { matchAll, type SplitFiles, splitsByName, subsetOf } from './splits.ts'

/** Which files of a data set are wanted. */
export interface DataFiles {
  /** As the card calls it, or the folder; null where the data set has no parts. */
  readonly config: string | null
  readonly split: string
  /** In the order in which they are read. `subset` is the folder, where there are several and no card names them. */
  readonly files: readonly { readonly path: string; readonly subset: string | null }[]
  /** What a user should know of files that were left out. */
  readonly notes: readonly string[]
}

/** Files as the readers of data files take them. */
const readablePattern = /\.(?:parquet|(?:jsonl|ndjson|json|csv|tsv)(?:\.(?:gz|zst))?)$/i
/** Not data, whatever they end in; as in the `datasets` library. */
const ignored = new Set(['config.json', 'dataset_info.json', 'dataset_infos.json', 'dataset_dict.json'])

const isReadable = (path: string): boolean =>
  readablePattern.test(path) && !ignored.has(path.slice(path.lastIndexOf('/') + 1))

/** What the hub's own conversion to Parquet looks like: `config/split/0000.parquet`, and no card. */
const convertedPattern = /^([^/]+)\/([^/]+)\/\d+\.parquet$/

interface Config {
  readonly name: string | null
  readonly splits: readonly SplitFiles[]
  readonly hasSubsets: boolean
  /** Data files that belong to no split. */
  readonly left: readonly string[]
}

/**
 * Finds the files of a config and split in a repository as the `datasets` library does: what the card says first, then
 * what the names of files and folders say. A folder can be named like a config where the card names none.
 * @param paths all files of the repository
 * @param preferred splits to take where the name says none, the first that exists
 * @returns null where no file is in a form that can be read
 * @throws InputError that lists what there is, for a config or split that is missing or has to be named
 */
export function chooseDataFiles(
  paths: readonly string[],
  card: Card,
  name: HubName,
  preferred: readonly string[],
): DataFiles | null {
  const readable = paths.filter(isReadable)
  if (readable.length === 0) return null
  const isConverted = !paths.includes('README.md') && readable.every((path) => convertedPattern.test(path))
  const config = isConverted
    ? convertedConfig(readable, name)
    : card.configs.length > 0
      ? cardConfig(readable, card.configs, name)
      : folderConfig(readable, name)
  const nonEmpty = config.splits.filter((split) => split.paths.length > 0)
  if (nonEmpty.length === 0) return null
  const { split, paths: found } = chooseSplit(nonEmpty, name, preferred)
  const { kept, note } = oneForm(found)
  const subsets = kept.map(subsetOf)
  const withSubsets = config.hasSubsets && new Set(subsets).size > 1
  return {
    config: config.name,
    split,
    files: kept.map((path, index) => ({ path, subset: withSubsets ? subsets[index] || null : null })),
    notes: [
      ...(note === null ? [] : [note]),
      ...(config.left.length > 0 ? [`in no split, and not read: ${someOf(config.left)}`] : []),
    ],
  }
}

function cardConfig(paths: readonly string[], configs: readonly CardConfig[], name: HubName): Config {
  const [only] = configs
  const chosen =
    name.config === null
      ? (configs.find((config) => config.isDefault) ??
        configs.find((config) => config.name === 'default') ??
        (configs.length === 1 ? only : undefined))
      : configs.find((config) => config.name === name.config)
  if (!chosen)
    throw chooseError(
      name,
      'config',
      configs.map((config) => config.name),
    )
  const inside = pathsIn(paths, chosen.folder)
  const splits = chosen.splits
    ? chosen.splits.map(({ split, patterns }) => ({ split, paths: matchPatterns(inside, patterns, name) }))
    : splitsByName(inside)
  return { name: chosen.name, splits: splits.map((split) => below(chosen.folder, split)), hasSubsets: false, left: [] }
}

/** A plain path in a card must be there; patterns may find nothing. */
function matchPatterns(paths: readonly string[], patterns: readonly string[], { repository }: HubName): string[] {
  const missing = patterns.find((pattern) => !isGlob(pattern) && !paths.includes(pattern) && isReadable(pattern))
  if (missing !== undefined)
    throw new InputError(`data set ${repository} has no file ${missing}, which its card names`, {
      remedy: 'name another config or revision',
    })
  return matchAll(paths, patterns)
}

function folderConfig(paths: readonly string[], name: HubName): Config {
  const folder = name.config ?? ''
  const inside = pathsIn(paths, folder)
  if (inside.length === 0) {
    const folders = paths.filter((path) => path.includes('/')).map((path) => path.slice(0, path.indexOf('/')))
    throw chooseError(name, 'config', [...new Set(folders)])
  }
  const splits = splitsByName(inside).map((split) => below(folder, split))
  const taken = new Set(splits.flatMap((split) => split.paths))
  const left = pathsIn(paths, folder)
    .map((path) => join(folder, path))
    .filter((path) => !taken.has(path))
  return { name: name.config, splits, hasSubsets: true, left }
}

function convertedConfig(paths: readonly string[], name: HubName): Config {
  const parts = paths.map((path) => ({ path, config: path.split('/')[0] ?? '', split: path.split('/')[1] ?? '' }))
  const configs = [...new Set(parts.map((part) => part.config))]
  const chosen = name.config ?? (configs.length === 1 ? configs[0] : configs.find((config) => config === 'default'))
  const inside = parts.filter((part) => part.config === chosen)
  if (chosen === undefined || inside.length === 0) throw chooseError(name, 'config', configs)
  const splits = [...new Set(inside.map((part) => part.split))].map((split) => ({
    split,
    paths: inside.filter((part) => part.split === split).map(({ path }) => path),
  }))
  return { name: chosen, splits, hasSubsets: false, left: [] }
}

function chooseSplit(splits: readonly SplitFiles[], name: HubName, preferred: readonly string[]): SplitFiles {
  const wanted = name.split === null ? preferred : [name.split]
  const found = wanted.map((split) => splits.find((candidate) => candidate.split === split)).find(Boolean)
  if (found) return found
  const names = splits.map(({ split }) => split)
  if (name.split !== null) throw chooseError(name, 'split', names)
  throw new InputError(`data set ${name.repository} has no split ${preferred.join(' or ')}, but ${names.join(', ')}`, {
    remedy: `name one, such as ${nameWith(name, 'split', names[0] ?? '')}`,
  })
}

function chooseError(name: HubName, part: 'config' | 'split', names: readonly string[]): InputError {
  const given = name[part]
  const sorted = [...names].sort()
  const there = names.length === 0 ? 'none' : someOf(sorted)
  return new InputError(
    given === null
      ? `data set ${name.repository} has several configs: ${there}`
      : `data set ${name.repository} has no ${part} ${given}, but ${there}`,
    {
      remedy: names.length === 0 ? `leave :${given} out` : `name one, such as ${nameWith(name, part, sorted[0] ?? '')}`,
    },
  )
}

function nameWith(name: HubName, part: 'config' | 'split', value: string): string {
  const { repository, revision } = name
  const { config, split } = part === 'config' ? { ...name, config: value } : { ...name, split: value }
  return `${repository}${config === null ? '' : `:${config}`}${split === null ? '' : `#${split}`}${revision === null ? '' : `@${revision}`}`
}

/** Endings in the order of preference, where the same rows come in several. */
const endings = ['parquet', 'jsonl', 'ndjson', 'json', 'csv', 'tsv']
const readers: Readonly<Record<string, string>> = { jsonl: 'json', ndjson: 'json', tsv: 'csv' }

const endingOf = (path: string): string => readablePattern.exec(path)?.[0].toLowerCase().split('.')[1] ?? ''
const readerOf = (path: string): string => readers[endingOf(path)] ?? endingOf(path)

/**
 * Keeps one form of the rows: the files of the reader that has most (Parquet in a draw, as in the `datasets` library).
 * Of files that differ only in their ending, it keeps one.
 */
function oneForm(paths: readonly string[]): { readonly kept: readonly string[]; readonly note: string | null } {
  const count = (ending: string) => paths.filter((path) => endingOf(path) === ending).length
  const [best] = [...endings].sort((a, b) => count(b) - count(a) || endings.indexOf(a) - endings.indexOf(b))
  const reader = readers[best ?? ''] ?? best
  const stem = (path: string) => path.replace(readablePattern, '')
  const rank = (path: string) => endings.indexOf(endingOf(path)) + (/\.(?:gz|zst)$/i.test(path) ? 0.5 : 0)
  const candidates = paths.filter((path) => readerOf(path) === reader)
  const kept = candidates.filter(
    (path) => !candidates.some((other) => stem(other) === stem(path) && rank(other) < rank(path)),
  )
  const left = paths.filter((path) => !kept.includes(path))
  const forms = [...new Set(kept.map((path) => `.${endingOf(path)}`))].join(' and ')
  return {
    kept,
    note:
      left.length > 0
        ? `the same split comes in several forms: read are the ${forms} files, not ${someOf(left)}`
        : null,
  }
}

/** Paths in a folder, relative to it; all of them for an empty one. */
const pathsIn = (paths: readonly string[], folder: string): string[] =>
  folder === ''
    ? [...paths]
    : paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1))

const join = (folder: string, path: string): string => (folder === '' ? path : `${folder}/${path}`)

const below = (folder: string, { split, paths }: SplitFiles): SplitFiles => ({
  split,
  paths: paths.map((path) => join(folder, path)),
})

const someOf = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
