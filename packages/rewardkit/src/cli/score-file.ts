import { once } from 'node:events'
import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { createReading, missingPromptMessage, readLines, readRows, unreadMessage } from '../data/index.ts'
import { InputError, Interrupted } from '../errors.ts'
import type { ScoreOptions } from '../evaluate/options.ts'
import type { Event } from '../events.ts'
import { createAtomicFile, makeFolder } from '../files.ts'
import { withJob } from './compute.ts'
import { type ScoreCounts, scoreRows } from './score.ts'

type Write = Parameters<typeof scoreRows>[2]

/**
 * Scores a file or standard input into a file or standard output. A file is opened before anything is computed, and
 * appears under its name when it is complete; on standard output lines come as soon as they are scored.
 */
export async function scoreFile(options: ScoreOptions, onEvent: (event: Event) => void): Promise<ScoreCounts> {
  const counts = await scoreInto(options, onEvent)
  const unread = unreadMessage(counts.unread)
  const missingPrompt = missingPromptMessage(counts.unread)
  if (unread !== undefined) onEvent({ kind: 'log', message: `${options.data}: ${unread}` })
  if (missingPrompt !== undefined) onEvent({ kind: 'warning', message: `${options.data}: ${missingPrompt}` })
  return counts
}

async function scoreInto(options: ScoreOptions, onEvent: (event: Event) => void): Promise<ScoreCounts> {
  if (options.out === '-') return score(options, onEvent, toStandardOutput)
  if (existsSync(options.out) && existsSync(options.data) && realpathSync(options.out) === realpathSync(options.data))
    throw new InputError(`--out ${options.out} is the file of --data`, { remedy: 'name another file' })
  makeFolder(dirname(options.out))
  const file = createAtomicFile(options.out)
  try {
    const counts = await score(options, onEvent, async (text) => file.write(text))
    file.commit()
    return counts
  } finally {
    file.discard()
  }
}

async function score(options: ScoreOptions, onEvent: (event: Event) => void, write: Write): Promise<ScoreCounts> {
  const { data } = options
  const reading = createReading(options)
  const rows = data === '-' ? readLines(process.stdin, reading) : readRows({ path: data, name: data }, reading)
  const counts = await withJob('score', options, onEvent, async (job) => {
    await job.ready
    return scoreRows(
      rows,
      (groups) => {
        if (job.stopped()) throw new Interrupted('stopped on request')
        return job.request(groups)
      },
      write,
      options,
    )
  })
  for (const { kind, message } of reading.notes.told()) onEvent({ kind, message: `${data}: ${message}` })
  return counts
}

/** Waits where the reader is slower than the model. A write that fails ends the process (`main.ts`). */
const toStandardOutput: Write = async (text) => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
