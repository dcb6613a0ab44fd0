import { once } from 'node:events'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { createReading, missingPromptMessage, readLines, readRows, unreadMessage } from '../data/index.ts'
import { InputError, Interrupted } from '../errors.ts'
import type { ScoreOptions } from '../evaluate/evaluate-options.ts'
import { type Event, logLine, noticeAt, warning } from '../events.ts'
import { option, phrase } from '../phrase.ts'
import { percentileOf } from '../rewards/calibration-file.ts'
import { requireCalibration } from '../rewards/calibration-use.ts'
import { reportCuts } from '../tokens/index.ts'
import { withJob } from './interruptible-job.ts'
import { type ScoreCounts, scoreRows } from './score-rows.ts'
import { openScoreOutput } from './score-output.ts'

type Write = Parameters<typeof scoreRows>[2]

/**
 * Scores a file or standard input into a file or standard output. A file is opened before anything is computed, and
 * appears under its name when it is complete; on standard output lines come as soon as they are scored.
 */
export async function scoreFile(options: ScoreOptions, onEvent: (event: Event) => void): Promise<ScoreCounts> {
  const counts = await scoreInto(options, onEvent)
  const unread = unreadMessage(counts.unread)
  const missingPrompt = missingPromptMessage(counts.unread)
  if (unread !== undefined) onEvent(logLine(`${nameOf(options.data)}: ${unread}`))
  if (missingPrompt !== undefined) onEvent(warning(phrase`${nameOf(options.data)}: ${missingPrompt}`))
  const { cuts, lastCut, identical } = counts
  const dropped = { identical_after_truncation: identical }
  if (lastCut) reportCuts(cuts, { ...lastCut, name: nameOf(options.data), dropped }, { onEvent })
  return counts
}

async function scoreInto(options: ScoreOptions, onEvent: (event: Event) => void): Promise<ScoreCounts> {
  if (options.out === '-') return score(options, onEvent, toStandardOutput)
  if (existsSync(options.out) && existsSync(options.data) && realpathSync(options.out) === realpathSync(options.data))
    throw new InputError(`--out ${options.out} is the file of --data`, { remedy: 'name another file' })
  const output = openScoreOutput(options.out)
  try {
    const counts = await score(options, onEvent, async (text) => output.write(text))
    await output.commit()
    return counts
  } finally {
    output.discard()
  }
}

async function score(options: ScoreOptions, onEvent: (event: Event) => void, write: Write): Promise<ScoreCounts> {
  const { data } = options
  // Rows that run over a terminal are progress enough.
  const isShown = options.out === '-' && process.stdout.isTTY
  const reading = createReading(options)
  const rows = data === '-' ? readLines(process.stdin, reading) : readRows({ path: data, name: data }, reading)
  const counts = await withJob('score', options, onEvent, async (job) => {
    const model = await job.ready
    const calibration = options.percentile ? await requireCalibration(phrase`${option('percentile')}`, model) : null
    const total = await countRows(options, () => job.stopped())
    return scoreRows(
      rows,
      (groups) => {
        if (job.stopped()) throw new Interrupted('stopped on request')
        return job.request(groups)
      },
      write,
      { ...options, ...(calibration && { percentileOf: (reward) => percentileOf(calibration, reward) }) },
      (done) => {
        if (!isShown) onEvent({ kind: 'progress', label: 'scoring', done, total, unit: 'rows' })
      },
    )
  })
  for (const note of reading.notes.list()) onEvent(noticeAt(nameOf(data), note))
  return counts
}

/** Waits where the reader is slower than the model. A write that fails ends the process (`main.ts`). */
const toStandardOutput: Write = async (text) => {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** Rows of a file; Infinity where they come but once, as from a pipe, and where reading them will fail. */
async function countRows({ data, encoding }: ScoreOptions, isStopped: () => boolean): Promise<number> {
  if (data === '-' || !statSync(data, { throwIfNoEntry: false })?.isFile()) return Infinity
  let count = 0
  try {
    for await (const _ of readRows({ path: data, name: data }, createReading({ encoding })))
      if (isStopped()) break
      else count += 1
  } catch (error) {
    if (error instanceof InputError) return Infinity
    throw error
  }
  return count
}

const nameOf = (data: string): string => (data === '-' ? 'standard input' : data)
