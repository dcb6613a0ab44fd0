import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FailureError, InputError } from '../errors.ts'
import { type Hooks, warning } from '../events.ts'
import { makeFolder } from '../folders.ts'
import {
  cachedFile,
  keepCommit,
  keptCommit,
  linkBlob,
  repositoryFolder,
  snapshotFiles,
  snapshotFolder,
} from './cache.ts'
import type { HubClient } from './client.ts'
import { downloadBlob, type ListedFile } from './download.ts'
import { HubUnavailable, type Place, placeText } from './faults.ts'
import { askCommit, askListing, keptListing } from './listing.ts'
import type { RemoteFile } from './remote-file.ts'
import type { HubSettings } from './hub-settings.ts'

/** A repository at one commit. */
export interface Repository {
  readonly place: Place
  readonly commit: string
  /** All its files, sorted by path; where `isListed` is false, only those that are in the cache. */
  readonly files: readonly RemoteFile[]
  readonly isListed: boolean
  /** The folder in the cache that holds the files of this commit under their own names. */
  readonly folder: string
  /** Whether the hub could be asked: otherwise only what is in the cache can be had. */
  readonly isOnline: boolean
}

/** Files that are fetched at the same time. */
const parallel = 4

/** What all requests of one call share. */
export const openClient = (settings: HubSettings, hooks: Hooks): HubClient => ({ settings, hooks, answered: false })

/**
 * Finds out which commit a revision is and what files it has. Without network, with HF_HUB_OFFLINE or where the commit
 * is given and was listed before, from the cache.
 * @throws InputError and FailureError as the hub answers, or where there is neither network nor cache; Interrupted
 */
export async function openRepository(client: HubClient, place: Place): Promise<Repository> {
  const { settings, hooks } = client
  if (settings.offline) return openCached(settings, place, 'HF_HUB_OFFLINE is set')
  try {
    const isCommit = /^[0-9a-f]{40}$/.test(place.revision)
    const commit = isCommit ? place.revision : await askCommit(client, place)
    if (!isCommit) keepCommit(settings, place, commit)
    const files = keptListing(settings, place, commit) ?? (await askListing(client, place, commit))
    return { place, commit, files, isListed: true, folder: snapshotFolder(settings, place, commit), isOnline: true }
  } catch (error) {
    if (!(error instanceof HubUnavailable)) throw error
    const repository = openCached(settings, place, error.problem, error)
    hooks.onEvent(
      warning(`${error.problem}; using what the cache has of ${placeText(place)}, commit ${repository.commit}`),
    )
    return repository
  }
}

function openCached(settings: HubSettings, place: Place, why: string, cause?: HubUnavailable): Repository {
  const commit = /^[0-9a-f]{40}$/.test(place.revision) ? place.revision : keptCommit(settings, place)
  const folder = commit === null ? null : snapshotFolder(settings, place, commit)
  if (commit === null || folder === null || !existsSync(folder)) {
    const problem = `${why}, and the cache ${settings.cache} does not have ${placeText(place)} at revision ${place.revision}`
    const remedy = `${cause ? 'check the network' : 'unset it'}, or give a local ${place.kind === 'dataset' ? 'file' : 'folder'} in place of the name`
    throw cause ? new FailureError(problem, { remedy, cause }) : new InputError(problem, { remedy })
  }
  const listing = keptListing(settings, place, commit)
  return { place, commit, files: listing ?? snapshotFiles(folder), isListed: listing !== null, folder, isOnline: false }
}

/**
 * Brings files of a repository into the cache, those that are not there yet, several at a time; tells progress in MB.
 * @returns their local paths, in the order given
 * @throws InputError for files that neither cache nor hub has; as `downloadBlob`
 */
export async function fetchFiles(
  client: HubClient,
  repository: Repository,
  files: readonly RemoteFile[],
): Promise<string[]> {
  const { settings } = client
  const { place, folder, isOnline } = repository
  const missing = files.filter((file) => cachedFile(folder, file) === null)
  if (missing.length > 0 && !isOnline) {
    const [first] = missing
    throw new InputError(
      `the cache ${settings.cache} has only ${files.length - missing.length} of ${files.length} files of ${placeText(place)} at commit ${repository.commit}; ${first?.path} is missing`,
      { remedy: 'fetch them with a network and without HF_HUB_OFFLINE' },
    )
  }
  if (missing.length > 0) await fetchMissing(client, repository, missing.filter(isListedFile))
  return files.map((file) => join(folder, ...file.path.split('/')))
}

const isListedFile = (file: RemoteFile): file is ListedFile => file.etag !== null

async function fetchMissing(client: HubClient, repository: Repository, files: readonly ListedFile[]): Promise<void> {
  const { settings, hooks } = client
  const { place, commit, folder } = repository
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const present = new Map<string, number>()
  let reported = 0
  const onBytes = (file: ListedFile, bytes: number) => {
    present.set(file.path, bytes)
    const done = megabytes([...present.values()].reduce((sum, count) => sum + count, 0))
    if (done === reported) return
    reported = done
    hooks.onEvent({
      kind: 'progress',
      label: `fetching ${place.repository}`,
      done,
      total: megabytes(total),
      unit: 'MB',
    })
  }
  const blobs = join(repositoryFolder(settings, place), 'blobs')
  makeFolder(blobs)
  const failures: unknown[] = []
  const stoppable: HubClient = {
    ...client,
    hooks: {
      onEvent: (event) => hooks.onEvent(event),
      shouldStop: () => failures.length > 0 || hooks.shouldStop(),
    },
  }
  const bring = async (file: ListedFile) => {
    const blob = join(blobs, file.etag)
    const isThere = statSync(blob, { throwIfNoEntry: false })?.size === file.bytes
    if (isThere) onBytes(file, file.bytes)
    else await downloadBlob(stoppable, { place, commit, file }, blob, (bytes) => onBytes(file, bytes))
    linkBlob(settings, blob, folder, file.path, !isThere)
  }
  const queue = [...files]
  const work = async () => {
    try {
      for (let file = queue.shift(); file !== undefined && failures.length === 0; file = queue.shift())
        await bring(file)
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, files.length) }, work))
  if (failures.length > 0) throw failures[0]
}

/** Millions of bytes, with one decimal. */
const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10
