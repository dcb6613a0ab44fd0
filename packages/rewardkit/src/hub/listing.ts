import { join } from 'node:path'
import { z } from 'zod'
import { FailureError } from '../errors.ts'
import { keepNote, readIfThere, repositoryFolder } from './cache.ts'
import { askJson, type HubClient } from './client.ts'
import type { Place } from './faults.ts'
import type { HubSettings } from './hub-settings.ts'
import type { RemoteFile } from './remote-file.ts'

const commitSchema = z.string().regex(/^[0-9a-f]{40}$/)
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/)
const bytesSchema = z.number().int().nonnegative()

const treeSchema = z.array(
  z.union([
    z.object({
      type: z.literal('file'),
      path: z.string(),
      size: bytesSchema,
      oid: commitSchema,
      lfs: z.object({ oid: sha256Schema, size: bytesSchema }).optional(),
      xetHash: z.string().optional(),
    }),
    z.object({ type: z.string().refine((type) => type !== 'file') }),
  ]),
)

/** A listing as the Python library keeps it in `trees/<commit>.json`. */
const keptTreeSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size: bytesSchema,
      blob_id: commitSchema,
      lfs_sha256: sha256Schema.optional(),
      lfs_size: bytesSchema.optional(),
      xet_hash: z.string().optional(),
    }),
  ),
})
type KeptFiles = z.output<typeof keptTreeSchema>['files']

/**
 * The commit that a revision means now.
 * @throws as `ask`
 */
export async function askCommit(client: HubClient, place: Place): Promise<string> {
  const { value } = await askJson(client, place, apiAddress(client, place, 'revision'), z.object({ sha: commitSchema }))
  return value.sha
}

/**
 * All files of a commit, sorted by path. What the hub says is kept, since a commit never changes.
 * @throws as `ask`; FailureError for paths that no repository has
 */
export async function askListing(client: HubClient, place: Place, commit: string): Promise<RemoteFile[]> {
  const files: KeptFiles = {}
  let url: string | null = `${apiAddress(client, { ...place, revision: commit }, 'tree')}?recursive=true&expand=false`
  while (url !== null) {
    const page: { readonly value: z.output<typeof treeSchema>; readonly next: string | null } = await askJson(
      client,
      place,
      url,
      treeSchema,
    )
    for (const entry of page.value)
      if ('path' in entry)
        files[entry.path] = {
          size: entry.size,
          blob_id: entry.oid,
          ...(entry.lfs && { lfs_sha256: entry.lfs.oid, lfs_size: entry.lfs.size }),
          ...(entry.xetHash !== undefined && { xet_hash: entry.xetHash }),
        }
    url = page.next
  }
  const listing = listingOf(files)
  const path = treePath(repositoryFolder(client.settings, place), commit)
  keepNote(path, JSON.stringify({ format_version: 1, files }, null, 1))
  return listing
}

/** The listing of a commit as it was kept by either library; null where it was not, or not in this form. */
export function keptListing(settings: HubSettings, place: Place, commit: string): RemoteFile[] | null {
  const text = readIfThere(treePath(repositoryFolder(settings, place), commit))
  if (text === null) return null
  try {
    return listingOf(keptTreeSchema.parse(JSON.parse(text)).files)
  } catch {
    return null // It is asked for again.
  }
}

const treePath = (folder: string, commit: string): string => join(folder, 'trees', `${commit}.json`)

/** Paths become paths on this machine. A listing of the hub never leaves the snapshot's folder. */
function listingOf(files: KeptFiles): RemoteFile[] {
  const strange = Object.keys(files).find((path) => path.split('/').some((part) => /^\.{0,2}$|\0/.test(part)))
  if (strange !== undefined)
    throw new FailureError(`the hub lists a file ${strange}, which lies outside of the repository`)
  return Object.entries(files)
    .map(([path, file]) => ({ path, bytes: file.lfs_size ?? file.size, etag: file.lfs_sha256 ?? file.blob_id }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

const apiAddress = ({ settings }: HubClient, { kind, repository, revision }: Place, route: string): string =>
  `${settings.endpoint}/api/${kind}s/${repository}/${route}/${encodeURIComponent(revision)}`
