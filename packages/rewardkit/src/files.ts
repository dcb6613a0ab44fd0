import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { type ErrorDetails, FailureError, InputError } from './errors.ts'

/** A file that is being written under a temporary name in its folder. Whatever fails, the temporary file goes. */
export interface AtomicFile {
  /** Adds to the end. */
  write(data: string | Uint8Array): void
  /** Flushes to the disk and gives the file its name: a reader finds the old one or the new one, never a part. */
  commit(): void
  /** Gives up; after `commit` nothing is left to give up. */
  discard(): void
}

/**
 * Begins a file that appears whole or not at all. The folder must exist.
 * @throws InputError where the place cannot be written, FailureError for a full disk and other failures; so do `write`
 * and `commit`
 */
export function createAtomicFile(path: string): AtomicFile {
  const present = statSync(path, { throwIfNoEntry: false })
  if (present && !present.isFile())
    throw new InputError(`${path}: ${present.isDirectory() ? 'it is a folder' : 'it is not a regular file'}`, {
      remedy: 'name a file to write',
    })
  const temporary = `${path}.${process.pid}-${threadId}.tmp`
  let descriptor: number | null = null
  const discard = () => {
    if (descriptor === null) return
    closeSync(descriptor)
    descriptor = null
    rmSync(temporary, { force: true })
  }
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (error) {
      discard()
      throw writeError(path, error)
    }
  }
  attempt(() => {
    descriptor = openSync(temporary, 'w')
  })
  return {
    write: (data) =>
      attempt(() => {
        if (descriptor === null) throw new Error('it is already closed')
        writeFileSync(descriptor, data)
      }),
    commit: () =>
      attempt(() => {
        if (descriptor === null) throw new Error('it is already closed')
        fsyncSync(descriptor)
        renameSync(temporary, path)
        closeSync(descriptor)
        descriptor = null
        syncFolder(dirname(path))
      }),
    discard,
  }
}

/** Whether a file has the temporary name of one that some process is writing, or was when it was killed. */
export const isUnfinished = (name: string): boolean => /\.\d+-\d+\.tmp$/.test(name)

/** Removes what this process has begun to write in a folder, for one that ends at once. */
export function removeUnfinished(folder: string): void {
  const isOurs = new RegExp(`\\.${process.pid}-\\d+\\.tmp$`)
  try {
    for (const name of readdirSync(folder)) if (isOurs.test(name)) rmSync(join(folder, name), { force: true })
  } catch {
    // there is no such folder, or nothing may be removed from it
  }
}

/**
 * Writes a whole file so that a reader finds the old one or the new one, never a part. The folder must exist.
 * @throws as `createAtomicFile`
 */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const file = createAtomicFile(path)
  file.write(data)
  file.commit()
}

/** Characters that are written at a time: one string of all lines would be longer than strings may be. */
const pieceLength = 1 << 20

/**
 * Writes lines, each without its line break, as `writeFileAtomic` does, however many they are.
 * @throws as `createAtomicFile`, and what `lines` throws
 */
export function writeLinesAtomic(path: string, lines: Iterable<string>): void {
  const file = createAtomicFile(path)
  try {
    let piece = ''
    for (const line of lines) {
      piece += `${line}\n`
      if (piece.length < pieceLength) continue
      file.write(piece)
      piece = ''
    }
    file.write(piece)
    file.commit()
  } finally {
    file.discard()
  }
}

/** One JSON text for each item: the lines of a JSONL file. */
export function* jsonLines(items: Iterable<unknown>): Generator<string> {
  for (const item of items) yield JSON.stringify(item)
}

/**
 * Adds one line to a file that is there: one that was deleted meanwhile is an error. `line` has no line break.
 * @throws as `writeFileAtomic`
 */
export function appendLine(path: string, line: string): void {
  try {
    const file = openSync(path, constants.O_WRONLY | constants.O_APPEND)
    try {
      writeFileSync(file, `${line}\n`)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw writeError(path, error)
  }
}

/**
 * Flushes what was appended to a file, so that it survives a power cut.
 * @throws as `writeFileAtomic`
 */
export function syncFile(path: string): void {
  try {
    const file = openSync(path, 'r')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw writeError(path, error)
  }
}

/** Flushes a folder's entries to the disk, so that a rename inside it survives a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Reasons that lie with the place the user named, and what to do about them. */
const placeErrors: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  EACCES: ['permission denied', 'choose a folder that you may write to'],
  EPERM: ['permission denied', 'choose a folder that you may write to'],
  EROFS: ['the file system is read-only', 'choose another folder'],
  ENOENT: ['its folder does not exist, or none can be made there', 'create it or name another'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'choose another path'],
  EISDIR: ['it is a folder', 'name a file'],
}

/** The error for a place that cannot be written. */
export const unwritable = (path: string, reason: string, details: ErrorDetails): InputError =>
  new InputError(`${path} cannot be written: ${reason}`, { ...details, about: { kind: 'unwritable', path, reason } })

/** The error for a write to `path` that failed: InputError where the place is wrong, FailureError otherwise. */
export function writeError(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const place = placeErrors[code]
  if (place) return unwritable(path, place[0], { remedy: place[1], cause: error })
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new FailureError(`${path} cannot be written: the disk is full`, {
      remedy: 'free some space and try again',
      cause: error,
    })
  const reason = error instanceof Error ? error.message : String(error)
  return new FailureError(`${path} cannot be written: ${reason}`, { cause: error })
}
