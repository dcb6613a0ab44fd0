import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { InputError } from './errors.ts'
import { syncFolder, unwritable, writeError, writeFileAtomic } from './files.ts'

/** The file in a folder that says which process works in it. */
export const lockFile = 'run.lock'

/** Whether a file in a folder belongs to its lock, also for the moment in which one is taken over. */
export const isLockFile = (name: string): boolean => name === lockFile || name.startsWith(`${lockFile}.`)

/**
 * Creates a folder and the missing ones above it, one by one. Node's recursive mkdir never returns if a file system
 * answers a new folder with ENOENT, as /proc does.
 * @returns the folders that were missing, topmost first
 * @throws as `writeFileAtomic`
 */
export function makeFolder(path: string): string[] {
  const missing: string[] = []
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  try {
    for (const folder of missing) makeOne(folder)
  } catch (error) {
    throw writeError(path, error)
  }
  if (!statSync(path).isDirectory()) throw unwritable(path, 'it is a file', { remedy: 'name a folder' })
  return missing
}

/**
 * Makes a folder and tries to write into it, so that long work does not end at a place that refuses its result.
 * @throws as `writeFileAtomic`
 */
export function makeWritableFolder(path: string): void {
  makeFolder(path)
  const probe = join(path, `.probe-${process.pid}`)
  try {
    writeFileAtomic(probe, '')
    rmSync(probe)
  } catch (error) {
    throw error instanceof InputError && error.cause !== undefined ? writeError(path, error.cause) : error
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process was faster.
    if (!existsSync(folder)) throw error
  }
}

/** The folder that steps aside while another takes its name. No reader looks at it, and nobody else names one so. */
const replaced = (folder: string): string => `${folder}.replaced`

/**
 * Writes a whole folder so that a kill at any moment leaves the old one or the new one. `fill` writes into a temporary
 * folder beside it, which is flushed and renamed. Unlike a file, a folder cannot be renamed over an existing one. The
 * old folder is therefore renamed first, and removed once the new one has its name. Between the two renames neither has
 * it, which `restoreFolder` repairs. The folder above must exist: one that was deleted is not created again.
 * @throws as `writeFileAtomic`, and whatever `fill` throws
 */
export function replaceFolder(folder: string, fill: (temporary: string) => void): void {
  restoreFolder(folder)
  const temporary = `${folder}.tmp`
  try {
    mkdirSync(temporary)
    fill(temporary)
    syncFolder(temporary)
    if (existsSync(folder)) renameSync(folder, replaced(folder))
    renameSync(temporary, folder)
    syncFolder(dirname(folder))
    rmSync(replaced(folder), { recursive: true, force: true })
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error instanceof Error && 'syscall' in error ? writeError(folder, error) : error
  }
}

/** Puts back a folder that had stepped aside when `replaceFolder` was killed, and removes what that left over. */
export function restoreFolder(folder: string): void {
  if (!existsSync(folder) && existsSync(replaced(folder))) renameSync(replaced(folder), folder)
  for (const left of [`${folder}.tmp`, replaced(folder)]) rmSync(left, { recursive: true, force: true })
}

/**
 * All files below a folder, also those that are links to files; not those in folders that are links. Step by step:
 * whether Node's recursive readdir follows links to folders depends on its version.
 */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return statSync(path, { throwIfNoEntry: false })?.isFile() ? [path] : []
  })
}
