import { glob, isDynamicPattern } from 'tinyglobby'
import { FailureError, InputError, located, RewardKitError } from '../../errors.ts'
import { type Hooks, logLine } from '../../events.ts'
import { hasHubPrefix, isHubName, resolveDataset } from '../../hub/index.ts'
import { phrase } from '../../phrase.ts'
import { findPath } from './find-file.ts'
import { filesOfFolder, isDataFile, withSubsets } from './folder.ts'
import { isParquet, parquetColumns } from './parquet.ts'
import type { Source, SourceFile, SplitOrder } from './source.ts'
import { copyStandardInput } from './standard-input.ts'

/** What training reads by default. */
export const trainingSplits: SplitOrder = ['train']
/** What an evaluation reads by default. */
export const evaluationSplits: SplitOrder = ['test', 'validation']

/**
 * Finds the files that a name means.
 * @param name a file, a folder, a pattern such as `data/*.parquet`, `-` for standard input, or a name on the hub
 * @param splits if the files of a folder are in several splits, or named after them, one is taken
 * @throws InputError if there is none, and if the columns of Parquet files differ
 */
export async function openSource(name: string, splits: SplitOrder, hooks: Hooks): Promise<Source> {
  const source = await findSource(name, splits, hooks)
  await checkColumns(source.files)
  return source
}

async function findSource(name: string, splits: SplitOrder, hooks: Hooks): Promise<Source> {
  if (name === '-') return { name, files: [{ path: await copyStandardInput(hooks), name }] }
  if (/^https?:/.test(name))
    throw new InputError(`${name}: a web address; expected a file, folder or name`, {
      remedy: 'fetch it first, or name a data set of the hub as owner/name',
    })
  let found: 'file' | 'folder'
  try {
    found = await findPath(name)
  } catch (error) {
    if (!(error instanceof InputError) || error.about?.kind !== 'missing-file') throw error
    if (isDynamicPattern(name)) return { name, files: await filesOfPattern(name) }
    return openHubData(name, splits, hooks, error)
  }
  if (found === 'file') return { name, files: [{ path: name, name }] }
  return { name, files: await filesOfFolder(name, splits, hooks) }
}

/** A name that is nothing on this disk may be one of the hub. */
async function openHubData(name: string, splits: SplitOrder, hooks: Hooks, missing: InputError): Promise<Source> {
  if (!isHubName(name)) throw missing
  if (!hasHubPrefix(name)) hooks.onEvent(logLine(`${name}: no such file or folder here, so it is taken as hub:${name}`))
  try {
    const { files, origin } = await resolveDataset(name, { splits }, hooks)
    return { name, files, origin: { ...origin } }
  } catch (error) {
    const Kind = [InputError, FailureError].find((kind) => error instanceof kind)
    if (!Kind || !(error instanceof RewardKitError) || hasHubPrefix(name)) throw error
    throw new Kind(phrase`${name} (no such file or folder here): ${error.phrases.problem}`, {
      remedy: error.phrases.remedy,
      cause: error,
    })
  }
}

async function filesOfPattern(pattern: string): Promise<SourceFile[]> {
  const paths = (await glob(pattern, { expandDirectories: false })).filter(isDataFile).sort()
  if (paths.length === 0)
    throw new InputError(`${pattern}: no file of rows matches`, {
      remedy: 'check the pattern; ** reaches into folders',
    })
  return withSubsets(paths, fixedFolder(pattern))
}

/** The folders of a pattern before its first part that matches several names. */
function fixedFolder(pattern: string): string {
  const parts = pattern.split('/')
  const first = parts.findIndex((part) => isDynamicPattern(part))
  return parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.')
}

/** Shards are of one kind: Parquet files name their columns, so that a different one is found before any is read. */
async function checkColumns(files: readonly SourceFile[]): Promise<void> {
  const shards = files.filter(({ name }) => name.endsWith('.parquet'))
  if (shards.length < 2) return
  let first: { name: string; columns: ReadonlySet<string> } | undefined
  for (const { path, name } of shards) {
    const columns = new Set(await columnsOf({ path, name }))
    if (!first) {
      first = { name, columns }
      continue
    }
    const { columns: expected } = first
    const other = [...columns].find((column) => !expected.has(column))
    const missing = [...expected].find((column) => !columns.has(column))
    if (other === undefined && missing === undefined) continue
    const difference = other === undefined ? `no column "${missing}"` : `a column "${other}"`
    throw new InputError(`${name}: it has ${difference}, unlike ${first.name}; expected shards with the same columns`, {
      remedy: 'name the files that belong together with a pattern',
    })
  }
}

async function columnsOf(file: SourceFile): Promise<readonly string[]> {
  try {
    await isParquet(file)
    return await parquetColumns(file.path)
  } catch (error) {
    throw error instanceof InputError ? located(file.name, error) : error
  }
}
