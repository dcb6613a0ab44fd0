import {
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { threadId } from 'node:worker_threads'
import { InputError } from '../errors.ts'
import { writeError, writeFileAtomic } from '../files.ts'
import { filesBelow, makeFolder } from '../folders.ts'
import type { Place } from './faults.ts'
import type { RemoteFile } from './remote-file.ts'
import type { HubSettings } from './hub-settings.ts'

/*
 * The cache of the Python library huggingface_hub, so that neither library fetches what the other has:
 *
 *   <cache>/datasets--owner--name/blobs/<etag>              the bytes
 *   <cache>/datasets--owner--name/snapshots/<commit>/<path> links to them
 *   <cache>/datasets--owner--name/refs/<revision>           the commit of a branch or tag
 *   <cache>/datasets--owner--name/trees/<commit>.json       what files the commit has
 */

/** The folder of a repository in the cache. */
export const repositoryFolder = ({ cache }: HubSettings, { kind, repository }: Place): string =>
  join(cache, [`${kind}s`, ...repository.split('/')].join('--'))

/** The folder of a commit, in which files have their own names. */
export const snapshotFolder = (settings: HubSettings, place: Place, commit: string): string =>
  join(repositoryFolder(settings, place), 'snapshots', commit)

/** The commit that a branch or tag stood for when either library last asked; null where neither did. */
export function keptCommit(settings: HubSettings, place: Place): string | null {
  const commit = readIfThere(refPath(settings, place))?.trim() ?? ''
  return /^[0-9a-f]{40}$/.test(commit) ? commit : null
}

/** Records the commit of a branch or tag. */
export function keepCommit(settings: HubSettings, place: Place, commit: string): void {
  if (keptCommit(settings, place) === commit) return
  keepNote(refPath(settings, place), commit)
}

/**
 * Writes what saves a question next time. A cache that cannot be written (shared, read-only) serves without it.
 * @throws FailureError for a full disk
 */
export function keepNote(path: string, text: string): void {
  try {
    makeFolder(dirname(path))
    writeFileAtomic(path, text)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
  }
}

const refPath = (settings: HubSettings, place: Place): string =>
  join(repositoryFolder(settings, place), 'refs', ...place.revision.split('/'))

/** Where a file of a snapshot lies, if it is there whole. */
export function cachedFile(snapshot: string, { path, bytes }: RemoteFile): string | null {
  const local = join(snapshot, ...path.split('/'))
  const present = statSync(local, { throwIfNoEntry: false })
  return present?.isFile() && present.size === bytes ? local : null
}

/** The files of a snapshot without a stored listing: all that is known is what the folder holds. */
export function snapshotFiles(snapshot: string): RemoteFile[] {
  if (!existsSync(snapshot)) return []
  return filesBelow(snapshot)
    .map((local) => ({
      path: relative(snapshot, local).split(sep).join('/'),
      bytes: statSync(local).size,
      etag: lstatSync(local).isSymbolicLink() ? basename(readlinkSync(local)) : null,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

/**
 * Gives a blob its name in a snapshot: a relative link, as the Python library makes it. Without links, a blob that has
 * just come is moved there, and one that others may use is copied.
 * @returns the path in the snapshot
 * @throws as `writeFileAtomic`
 */
export function linkBlob(settings: HubSettings, blob: string, snapshot: string, path: string, isNew: boolean): string {
  const local = join(snapshot, ...path.split('/'))
  makeFolder(dirname(local))
  try {
    if (settings.symlinks && makeLink(relative(dirname(local), blob), local)) return local
    if (isNew) renameSync(blob, local)
    else {
      const temporary = `${local}.${process.pid}-${threadId}.tmp`
      copyFileSync(blob, temporary)
      renameSync(temporary, local)
    }
    return local
  } catch (error) {
    throw writeError(local, error)
  }
}

/**
 * Whether there is a link now; false where this file system, or Windows without developer mode, has none. It takes the
 * place of what was there at once: another process may be about to read it.
 */
function makeLink(target: string, path: string): boolean {
  const temporary = `${path}.${process.pid}-${threadId}.tmp`
  try {
    rmSync(temporary, { force: true })
    symlinkSync(target, temporary)
    renameSync(temporary, path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (/^(?:EPERM|EACCES|ENOTSUP|EOPNOTSUPP|ENOSYS|UNKNOWN)$/.test(code)) return false
    throw error
  }
}

/** A small file's text; null where there is none. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
