import { readFileSync } from 'node:fs'
import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { type Card, readCard } from './card.ts'
import { chooseDataFiles, type DataFiles } from './data-files.ts'
import type { HubClient } from './client.ts'
import { pageOf } from './faults.ts'
import { type HubName, parseHubName } from './hub-names.ts'
import { fetchFiles, openClient, openRepository, type Repository } from './repository.ts'
import { type HubSettings, hubSettings } from './hub-settings.ts'

/** Where the files of a data set came from: enough to fetch the same bytes again. */
export interface HubOrigin {
  readonly repository: string
  readonly commit: string
  readonly config: string | null
  readonly split: string
  /** As the card names it; null where it says nothing. */
  readonly licence: string | null
  /** `etag` is the SHA-256 of large files (64 digits) and git's SHA-1 of others (40 digits). */
  readonly files: readonly { readonly name: string; readonly etag: string | null; readonly bytes: number }[]
}

/** The files of a data set on this machine, in a fixed order. */
export interface HubDataset {
  readonly files: readonly {
    /** Where it is on this machine. */
    readonly path: string
    /** Its path in the repository. */
    readonly name: string
    /** The folder that its rows are from, where the data set has several. */
    readonly subset?: string
  }[]
  readonly origin: HubOrigin
}

export interface HubDatasetOptions {
  /** Splits to take where the name says none: the first of them that the data set has. */
  readonly splits: readonly string[]
  /** By default what the environment says. */
  readonly settings?: HubSettings
}

/** The branch in which the hub keeps its own conversion to Parquet, also of data sets that come as a script. */
const convertedRevision = 'refs/convert/parquet'

/**
 * Brings the files of a data set into the cache, those that are not there yet, and says which config, split, commit and
 * licence that is. Which files belong to a config and split is decided as by the `datasets` library.
 * @param name `owner/name[:config][#split][@revision]`
 * @throws InputError for a name, config or split that does not exist, or that the account may not read; HubUnavailable
 * and FailureError for network and disk, Interrupted on request
 */
export async function resolveDataset(
  name: string,
  { splits, settings = hubSettings() }: HubDatasetOptions,
  hooks: Hooks,
): Promise<HubDataset> {
  const wanted = parseHubName(name, 'dataset')
  const client = openClient(settings, hooks)
  const { repository, card, chosen } = await findDataFiles(client, wanted, splits)
  const byPath = new Map(repository.files.map((file) => [file.path, file]))
  const remote = chosen.files.flatMap(({ path }) => byPath.get(path) ?? [])
  if (!repository.isListed)
    checkShards(
      remote.map((file) => file.path),
      repository,
    )
  const paths = await fetchFiles(client, repository, remote)
  const origin: HubOrigin = {
    repository: wanted.repository,
    commit: repository.commit,
    config: chosen.config,
    split: chosen.split,
    licence: card.licence,
    files: remote.map(({ path, etag, bytes }) => ({ name: path, etag, bytes })),
  }
  for (const note of chosen.notes) hooks.onEvent(logLine(`data set ${wanted.repository}: ${note}`))
  hooks.onEvent(logLine(describe(origin, repository, settings)))
  return {
    files: chosen.files.map(({ path, subset }, index) => ({
      path: at(paths, index),
      name: path,
      ...(subset !== null && { subset }),
    })),
    origin,
  }
}

interface Found {
  readonly repository: Repository
  readonly card: Card
  readonly chosen: DataFiles
}

/** The files themselves; for a data set that is a script, or in no form that can be read, the hub's conversion of them. */
async function findDataFiles(client: HubClient, wanted: HubName, splits: readonly string[]): Promise<Found> {
  const { repository: id } = wanted
  const revision = wanted.revision ?? 'main'
  const repository = await openRepository(client, { kind: 'dataset', repository: id, revision })
  const card = readCard(await readReadme(client, repository), id)
  const paths = repository.files.map((file) => file.path)
  const isScript = card.configs.length === 0 && paths.includes(`${id.slice(id.indexOf('/') + 1)}.py`)
  const choose = () => chooseDataFiles(paths, card, wanted, splits)
  if (!isScript || revision !== 'main') {
    const chosen = choose()
    if (chosen) return { repository, card, chosen }
  }
  if (revision !== 'main')
    throw new InputError(`data set ${id} has no JSON Lines, JSON, CSV or Parquet files at revision ${revision}`, {
      remedy: 'leave the revision out: then the conversion to Parquet that the hub keeps is read',
    })
  const converted = await openConverted(client, id)
  const fromConverted =
    converted &&
    chooseDataFiles(
      converted.files.map((file) => file.path),
      { ...card, configs: [] },
      wanted,
      splits,
    )
  if (fromConverted) return { repository: converted, card, chosen: fromConverted }
  const chosen = choose()
  if (chosen) return { repository, card, chosen }
  throw new InputError(
    `data set ${id} has no JSON Lines, JSON, CSV or Parquet files, and the hub has no conversion of it to Parquet`,
    { remedy: 'convert it yourself and give local files' },
  )
}

async function openConverted(client: HubClient, id: string): Promise<Repository | null> {
  try {
    return await openRepository(client, { kind: 'dataset', repository: id, revision: convertedRevision })
  } catch (error) {
    if (error instanceof InputError && !client.settings.offline) return null
    throw error
  }
}

async function readReadme(client: HubClient, repository: Repository): Promise<string | null> {
  const readme = repository.files.filter((file) => file.path === 'README.md')
  const [path] = await fetchFiles(client, repository, readme)
  return path === undefined ? null : readFileSync(path, 'utf8')
}

/** Without a listing, a cache that lacks some shards would look whole. */
function checkShards(paths: readonly string[], { place, commit }: Repository): void {
  for (const path of paths) {
    const [, start, total] = /^(.*)-\d{5}-of-(\d{5})/.exec(path) ?? []
    const there = paths.filter((other) => other.startsWith(`${start}-`)).length
    if (total !== undefined && there < Number(total))
      throw new InputError(
        `the cache has only ${there} of the ${Number(total)} parts ${start}-* of data set ${place.repository} at commit ${commit}`,
        { remedy: 'fetch them with a network and without HF_HUB_OFFLINE' },
      )
  }
}

function describe(origin: HubOrigin, { place, commit }: Repository, settings: HubSettings): string {
  const bytes = origin.files.reduce((sum, file) => sum + file.bytes, 0)
  const revision = place.revision === commit ? `commit ${commit}` : `revision ${place.revision} (commit ${commit})`
  return [
    `data set ${origin.repository}:${origin.config === null ? '' : ` config ${origin.config},`} split ${origin.split}, ${revision}`,
    `${origin.files.length} file${origin.files.length === 1 ? '' : 's'}, ${(bytes / 1e6).toFixed(1)} MB`,
    `licence: ${origin.licence ?? 'none stated on its card'} (${pageOf(place, settings)})`,
  ].join('; ')
}
