import { randomBytes } from 'node:crypto'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'

/*
 * Files that are being fetched are next to the blobs that they become:
 *
 *   <etag>.<host>.<process>.<random>.incomplete  a call of ours writes to it
 *   <etag>.rewardkit.incomplete                  what an ended call of ours left
 *   <etag>.incomplete, <etag>.<random>.incomplete  those of the Python library, old and new
 */

/** Untouched for this many milliseconds, a partial file of another machine or library belongs to nobody any more. */
const abandonedAfter = 600_000

/** Keeps what came under a name from which the next call goes on. */
export function releasePartial(partial: string, blob: string): void {
  const present = statSync(partial, { throwIfNoEntry: false })
  if (present?.size === 0) rmSync(partial)
  else if (present) renameSync(partial, releasedName(blob))
}

const releasedName = (blob: string): string => `${blob}.rewardkit.incomplete`

/**
 * The name of a file that only this call writes to. It continues the largest file that an earlier call left, of either
 * library. Claiming it is a rename, which only one process can do.
 */
export function claimPartial(blob: string): string {
  const own = `${blob}.${host()}.${process.pid}.${randomBytes(4).toString('hex')}.incomplete`
  for (const left of abandonedPartials(blob)) {
    try {
      renameSync(left, own)
      break
    } catch {
      // Another process was faster, or it is gone: the next one, or a new file.
    }
  }
  return own
}

/** Partial files of a blob that no running download writes to, the largest first. */
function abandonedPartials(blob: string): string[] {
  return readdirSync(dirname(blob))
    .filter((name) => name.startsWith(`${basename(blob)}.`) && name.endsWith('.incomplete'))
    .map((name) => join(dirname(blob), name))
    .map((path) => ({ path, present: statSync(path, { throwIfNoEntry: false }) }))
    .filter(({ path, present }) => {
      if (!present?.isFile()) return false
      const [, itsHost, id] = /\.([\w-]+)\.(\d+)\.[0-9a-f]{8}\.incomplete$/.exec(path) ?? []
      if (itsHost === host()) return !isAlive(Number(id))
      return path === releasedName(blob) || Date.now() - present.mtimeMs > abandonedAfter
    })
    .sort((a, b) => (b.present?.size ?? 0) - (a.present?.size ?? 0))
    .map(({ path }) => path)
}

/** Removes what was left of a blob that is whole now. */
export function removePartials(blob: string): void {
  for (const left of abandonedPartials(blob)) rmSync(left, { force: true })
}

const host = (): string => hostname().replace(/[^\w-]/g, '-')

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
