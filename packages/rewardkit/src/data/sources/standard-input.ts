import { randomUUID } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { InputError, Interrupted } from '../../errors.ts'
import { type Hooks, logLine } from '../../events.ts'
import { writeError } from '../../files.ts'

/**
 * Copies standard input to a file in the system's folder for temporary files, since data are read twice. The file is as
 * large as the input, and goes when this process or thread ends (a killed one leaves it to the system).
 * @returns the path of the copy
 * @throws InputError where there is nothing to read, FailureError for a full disk, Interrupted on request
 */
export async function copyStandardInput(hooks: Hooks): Promise<string> {
  if (isatty(0))
    throw new InputError('-: standard input is the terminal; expected rows', { remedy: 'pipe a file into it' })
  const path = join(tmpdir(), `rewardkit-standard-input-${randomUUID()}`)
  // One file without a folder of its own: a thread that is ended from outside has time for one step.
  process.once('exit', () => rmSync(path, { force: true }))
  hooks.onEvent(logLine(`-: standard input is copied to ${path}, to be read twice; the copy is deleted at the end`))
  let size = 0
  const copy = attempt(path, () => openSync(path, 'wx', 0o600))
  const input = standardInput()
  // By the clock, for a pipe may be silent.
  const watch = setInterval(() => {
    if (hooks.shouldStop()) input.destroy(new Interrupted('stopped on request'))
  }, 100)
  try {
    for await (const piece of input as AsyncIterable<Buffer>) {
      attempt(path, () => writeFileSync(copy, piece))
      size += piece.length
    }
  } finally {
    clearInterval(watch)
    closeSync(copy)
  }
  if (size === 0)
    throw new InputError('-: standard input is empty, or was read already', { remedy: 'pipe rows into it, once' })
  return path
}

function attempt<Result>(path: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw writeError(path, error)
  }
}

/** By its number, since a worker thread's process.stdin is not the real one. A read of a pipe must not block a thread. */
function standardInput(): Readable {
  const kind = fstatSync(0)
  return kind.isFIFO() || kind.isSocket()
    ? new Socket({ fd: 0, readable: true, writable: false })
    : createReadStream('', { fd: 0, autoClose: false })
}
