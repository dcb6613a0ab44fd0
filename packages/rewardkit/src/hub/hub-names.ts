import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../errors.ts'

/** What a repository of the hub holds, in the singular as routes and cache folders build on it. */
export type HubKind = 'dataset' | 'model'

/** A name at the Hugging Face hub, taken apart. What a name leaves out is null. */
export interface HubName {
  readonly kind: HubKind
  /** `owner/name`, or only `name` for the few repositories without an owner. */
  readonly repository: string
  /** Part of a data set: what its card calls a config, or a folder. */
  readonly config: string | null
  readonly split: string | null
  /** Branch, tag or commit; null is the main branch. */
  readonly revision: string | null
}

const word = String.raw`\w(?:[\w.-]{0,94}\w)?`
const repositoryPattern = new RegExp(`^(?:${word}/)?${word}$`)
const ownedPattern = new RegExp(`^${word}/${word}(?:[:#@].*)?$`, 's')
/** Endings of files, which are hardly ever names of repositories: with them, only the prefix makes a name. */
const filePattern = /\.(?:jsonl?|ndjson|csv|tsv|parquet|gz|zst|zip|txt|ya?ml|safetensors)$/i
const prefixPattern = /^(?:hub|hf):/
/** Beginnings of paths; anything in an existing folder is a path too. */
const pathPattern = /^(?:\.{0,2}\/|runs\/|models\/)/

/** What a name of this kind looks like, for messages. */
const forms: Readonly<Record<HubKind, string>> = {
  dataset: 'owner/name[:config][#split][@revision]',
  model: 'owner/name[@revision]',
}

/** Whether a text says that it is a name at the hub: `hub:owner/name`, or `hf:` as formerly. */
export const hasHubPrefix = (text: string): boolean => prefixPattern.test(text)

/**
 * Whether a text reads as a name at the hub: anything after `hub:`, or `owner/name` with or without its parts that does
 * not look like a path. The caller looks for a local file or folder of that name first: that comes before the hub.
 */
export const isHubName = (text: string): boolean =>
  hasHubPrefix(text) ||
  (ownedPattern.test(text) && !filePattern.test(text) && !pathPattern.test(text) && !existsSync(dirname(text)))

/**
 * Takes a name apart: `owner/name[:config][#split][@revision]` for a data set, `owner/name[@revision]` for a model, each
 * also with `hub:` in front, which the few names without an owner need.
 * @throws InputError that says which part is wrong
 */
export function parseHubName(text: string, kind: HubKind): HubName {
  const wrong = (problem: string) => new InputError(`${text}: ${problem}`, { remedy: `write it as ${forms[kind]}` })
  const bare = text.replace(prefixPattern, '')
  const [, repository = '', config, split, revision] =
    /^([^:#@]*)(?::([^#@]*))?(?:#([^@]*))?(?:@(.*))?$/s.exec(bare) ?? []
  if (repository === '') throw wrong('this is not a name on the Hugging Face hub')
  if (!repositoryPattern.test(repository) || /--|\.\.|\.git$/.test(repository))
    throw wrong(
      `"${repository}" cannot be a repository: it has one owner and one name, of letters, digits and . _ - between them`,
    )
  if (bare === text && !repository.includes('/'))
    throw wrong(`"${repository}" has no owner (if it really has none, write hub:${repository})`)
  if (kind === 'model' && (config !== undefined || split !== undefined))
    throw wrong('a model has neither config nor split')
  for (const [part, value] of Object.entries({ config, split, revision }))
    if (value === '') throw wrong(`the ${part} is empty`)
  for (const [part, value] of Object.entries({ config, revision }))
    if (value !== undefined && !isPlainPath(value)) throw wrong(`"${value}" cannot be a ${part}`)
  return { kind, repository, config: config ?? null, split: split ?? null, revision: revision ?? null }
}

/** A path that stays below the folder it is joined to, on every system: revisions become paths in the cache. */
export const isPlainPath = (path: string): boolean =>
  // eslint-disable-next-line no-control-regex
  !/[\\:#?*"<>|\u0000-\u001F\u007F]/.test(path) && path.split('/').every((part) => !/^\.{0,2}$/.test(part))
