import { createWriteStream, renameSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { linesOf, readLines } from '../data/index.ts'
import { FailureError, Interrupted } from '../errors.ts'
import type { ScoreOptions } from '../evaluate/score.ts'
import type { Event } from '../events.ts'
import { makeFolder } from '../files.ts'
import { openJob } from './compute.ts'
import { type ScoreCounts, scoreLines } from './score.ts'

/**
 * Scores a file or standard input into a file or standard output. A file appears under its name when it is complete; on
 * standard output lines come as soon as they are scored.
 */
export async function scoreFile(options: ScoreOptions, onEvent: (event: Event) => void): Promise<ScoreCounts> {
  const lines = options.data === '-' ? linesOf(process.stdin, 'standard input') : readLines(options.data)
  const job = openJob('score', options, onEvent)
  const score: Parameters<typeof scoreLines>[1] = (groups) => {
    if (job.interrupted()) throw new Interrupted('stopped on request')
    return job.request(groups)
  }
  try {
    await job.ready
    if (options.out === '-') return await scoreLines(lines, score, writer(process.stdout))
    return await intoFile(options.out, (write) => scoreLines(lines, score, write))
  } finally {
    await job.close()
  }
}

/** Writes a file piece by piece under a temporary name, which becomes its own when all is there. */
async function intoFile<T>(path: string, work: (write: (text: string) => Promise<void>) => Promise<T>): Promise<T> {
  const temporary = `${path}.${process.pid}.tmp`
  makeFolder(dirname(path))
  const file = createWriteStream(temporary, { flush: true })
  const closed = finished(file)
  closed.catch(() => {})
  try {
    const result = await work(writer(file))
    file.end()
    await closed
    renameSync(temporary, path)
    return result
  } catch (error) {
    file.destroy()
    rmSync(temporary, { force: true })
    if (error instanceof Error && 'syscall' in error) {
      throw new FailureError(`--out ${path} cannot be written: ${error.message}`, { cause: error })
    }
    throw error
  }
}

/** Waits where the reader is slower than the model. */
function writer(stream: NodeJS.WritableStream): (text: string) => Promise<void> {
  return async (text) => {
    if (!stream.write(text)) await once(stream, 'drain')
  }
}
