import { createReadStream, fstatSync, mkdtempSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { InputError, Interrupted } from '../../errors.ts'
import type { Hooks } from '../../events.ts'
import { createAtomicFile } from '../../files.ts'

/**
 * Copies standard input to a file in the system's folder for temporary files, since data are read twice. The file is as
 * large as the input, and goes when this process or thread ends (a killed one leaves it to the system).
 * @returns the path of the copy
 * @throws InputError where there is nothing to read, FailureError for a full disk, Interrupted on request
 */
export async function copyStandardInput(hooks: Hooks): Promise<string> {
  if (isatty(0))
    throw new InputError('-: standard input is the terminal; expected rows', { remedy: 'pipe a file into it' })
  const folder = mkdtempSync(join(tmpdir(), 'rewardkit-standard-input-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'rows')
  hooks.onEvent({
    kind: 'log',
    message: `-: standard input is copied to ${path}, to be read twice; it goes at the end`,
  })
  const copy = createAtomicFile(path)
  let size = 0
  try {
    for await (const piece of standardInput()) {
      if (hooks.shouldStop()) throw new Interrupted('stopped on request')
      copy.write(piece)
      size += piece.length
    }
    copy.commit()
  } finally {
    copy.discard()
  }
  if (size === 0)
    throw new InputError('-: standard input is empty, or was read already', { remedy: 'pipe rows into it, once' })
  return path
}

/** By its number, since a worker thread's process.stdin is not the real one. A read of a pipe must not block a thread. */
function standardInput(): AsyncIterable<Buffer> {
  const kind = fstatSync(0)
  return kind.isFIFO() || kind.isSocket()
    ? new Socket({ fd: 0, readable: true, writable: false })
    : createReadStream('', { fd: 0, autoClose: false })
}
