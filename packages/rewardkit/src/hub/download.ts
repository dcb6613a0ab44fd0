import { createHash, type Hash } from 'node:crypto'
import { createReadStream, linkSync, renameSync, rmSync, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FailureError } from '../errors.ts'
import { syncFile, writeError } from '../files.ts'
import { ask, type HubClient, persevere } from './client.ts'
import { HubUnavailable, type Place, placeText } from './faults.ts'
import type { RemoteFile } from './remote-file.ts'
import { claimPartial, releasePartial, removePartials } from './partial.ts'

/** A file whose bytes are known by their checksum. */
export type ListedFile = RemoteFile & { readonly etag: string }

/** A file of one commit of a repository. */
export interface WantedFile {
  readonly place: Place
  readonly commit: string
  readonly file: ListedFile
}

/** Attempts are counted anew once this many bytes have come since the last one. */
const worthwhile = 1 << 20

/**
 * Fetches a file into the blobs of its repository. It is written as `.incomplete`, and if anything ends this call, a
 * later one continues from there. It gets its name once size and checksum are right and it is flushed to disk. Each
 * process writes its own file, so two of them do no harm.
 * @param onBytes called with the number of bytes that have arrived; fewer again if some had to be discarded
 * @throws HubUnavailable, InputError and FailureError as the hub answers, FailureError for a wrong checksum and a full
 * disk, Interrupted on request
 */
export async function downloadBlob(
  client: HubClient,
  wanted: WantedFile,
  blob: string,
  onBytes: (present: number) => void,
): Promise<void> {
  const partial = claimPartial(blob)
  let present = 0
  let before = 0
  try {
    await persevere(
      client,
      () => {
        before = present
        return attempt(client, wanted, partial, (bytes) => onBytes((present = bytes)))
      },
      () => present - before >= worthwhile,
    )
    syncFile(partial)
    giveName(partial, blob)
    syncFile(dirname(blob))
    removePartials(blob)
  } catch (error) {
    releasePartial(partial, blob)
    throw isFileError(error) ? diskError(blob, wanted.file, error) : error
  }
}

/**
 * Names a whole file, unless another process was faster: its file stays, since somebody may have opened it by now. A
 * rename would replace it; where the file system has no hard links, it has to do.
 */
function giveName(partial: string, blob: string): void {
  try {
    linkSync(partial, blob)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EEXIST') return renameSync(partial, blob)
    // What is there may also be the rest of a copy that failed.
    if (statSync(blob).size !== statSync(partial).size) return renameSync(partial, blob)
  }
  rmSync(partial)
}

/** One request for what is missing. Afterwards the partial file is whole and right, or this throws. */
async function attempt(
  client: HubClient,
  { place, commit, file }: WantedFile,
  partial: string,
  onBytes: (present: number) => void,
): Promise<void> {
  const handle = await open(partial, 'a')
  try {
    const kept = await continuePartial(handle, partial, file)
    onBytes(kept.bytes)
    let state = kept
    if (kept.bytes < file.bytes) {
      const range = { range: `bytes=${kept.bytes}-` }
      const request = {
        url: fileAddress(client, place, commit, file.path),
        file: file.path,
        headers: (host: 'hub' | 'elsewhere', etag: string | null) => {
          if (kept.bytes === 0) return {}
          if (host === 'hub') return { ...range, 'if-range': `"${file.etag}"` }
          return etag === null || etag === file.etag ? range : {}
        },
      }
      state = await ask(client, place, request, async (response, alive) => {
        const start = await startOf(response, kept, handle, file)
        return append(response, start, { handle, bytes: file.bytes, alive, onBytes })
      })
    }
    if (state.bytes < file.bytes)
      throw new HubUnavailable(`${placeText(place)}: ${file.path} ended after ${state.bytes} of ${file.bytes} bytes`, {
        remedy: 'try again; what was fetched is kept',
      })
    if (state.hash.digest('hex') === file.etag) return
    await handle.truncate(0)
    onBytes(0)
    const problem = `${placeText(place)}: ${file.path} arrived with a wrong checksum`
    // What was kept from an earlier attempt may be at fault: then the whole file is fetched once more.
    if (kept.bytes > 0) throw new HubUnavailable(problem, { remedy: 'try again' })
    throw new FailureError(problem, {
      remedy: 'try again; if this happens again, a proxy or mirror on the way is changing files',
    })
  } finally {
    await handle.close()
  }
}

/** Bytes that are there, and their checksum so far. */
interface Progress {
  readonly bytes: number
  readonly hash: Hash
}

/** A checksum as the hub names the file by it: SHA-256, or git's SHA-1 of the size and the bytes. */
function startHash({ etag, bytes }: ListedFile): Hash {
  return etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`)
}

async function continuePartial(handle: FileHandle, path: string, file: ListedFile): Promise<Progress> {
  const { size } = await handle.stat()
  const hash = startHash(file)
  if (size > file.bytes) {
    await handle.truncate(0)
    return { bytes: 0, hash }
  }
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  return { bytes: size, hash }
}

/**
 * Where the answer begins: after the bytes that were kept, if the server accepted the range, otherwise at the start.
 */
async function startOf(response: Response, kept: Progress, handle: FileHandle, file: ListedFile): Promise<Progress> {
  const follows = response.headers.get('content-range') === `bytes ${kept.bytes}-${file.bytes - 1}/${file.bytes}`
  if (response.status === 206 && follows) return kept
  await handle.truncate(0)
  if (response.status === 200) return { bytes: 0, hash: startHash(file) }
  await response.body?.cancel()
  throw new HubUnavailable(`${file.path}: the server does not continue at byte ${kept.bytes}`, { remedy: 'try again' })
}

async function append(
  response: Response,
  start: Progress,
  to: {
    readonly handle: FileHandle
    /** Of the whole file. */
    readonly bytes: number
    readonly alive: () => void
    readonly onBytes: (present: number) => void
  },
): Promise<Progress> {
  if (!response.body) return start
  const chunks: AsyncIterable<Uint8Array> = response.body
  let { bytes } = start
  for await (const chunk of chunks) {
    to.alive()
    const fits = chunk.subarray(0, to.bytes + 1 - bytes)
    await to.handle.writeFile(fits)
    start.hash.update(fits)
    bytes += fits.length
    to.onBytes(bytes)
    // More than there should be: the checksum is wrong, whatever else comes.
    if (bytes > to.bytes) break
  }
  return { bytes, hash: start.hash }
}

const fileAddress = ({ settings }: HubClient, { kind, repository }: Place, commit: string, path: string): string =>
  [
    settings.endpoint,
    ...(kind === 'dataset' ? ['datasets'] : []),
    `${repository}/resolve/${commit}`,
    path.split('/').map(encodeURIComponent).join('/'),
  ].join('/')

const isFileError = (error: unknown): boolean => error instanceof Error && 'syscall' in error && 'errno' in error

function diskError(blob: string, file: ListedFile, error: unknown): Error {
  const isFull = error instanceof Error && 'code' in error && /^(?:ENOSPC|EDQUOT)$/.test(String(error.code))
  if (!isFull) return writeError(blob, error)
  return new FailureError(`the disk of ${dirname(blob)} is full: ${file.path} takes ${file.bytes} bytes`, {
    remedy: 'free some space and try again (what was fetched is kept), or set HF_HUB_CACHE to a folder on another disk',
    cause: error,
  })
}
