import { dirname } from 'node:path'
import { type Event, logLine } from '../events.ts'
import { removeUnfinished } from '../files.ts'
import { type Job, openJob } from '../thread/job.ts'
import type { JobName, JobOptions, JobResult } from '../thread/worker.ts'

/** Runs one job in the compute thread, so that this one stays free for signals and the terminal. */
export async function compute<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  onEvent: (event: Event) => void,
): Promise<JobResult<Name>> {
  return withJob(name, options, onEvent, (job) => job.result)
}

/**
 * Opens a job for as long as `work` lasts. The first Ctrl-C asks it to stop. The second, and SIGTERM, end the process at
 * once, whatever the thread does meanwhile: files have their names only when they are complete.
 */
export async function withJob<Name extends JobName, T>(
  name: Name,
  options: JobOptions<Name>,
  onEvent: (event: Event) => void,
  work: (job: Job<Name>) => Promise<T>,
): Promise<T> {
  let job: Job<Name> | undefined
  let asked = -Infinity
  const interrupt = () => {
    // npx hands on the Ctrl-C that the terminal has given to both.
    if (performance.now() - asked < samePress) return
    if (job?.stop()) return end('SIGINT')
    asked = performance.now()
    onEvent(logLine('stopping once the work in progress is done; interrupt again to end at once'))
  }
  const terminate = () => end('SIGTERM')
  const unlisten = () => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', terminate)
  }
  /** By the signal itself, as without us: an exit would wait for the thread. Shells see 130 and 143. */
  const end = (signal: NodeJS.Signals) => {
    unlisten()
    job?.abandon()
    const out = outputOf(options)
    if (out !== undefined) for (const folder of [out, dirname(out)]) removeUnfinished(folder)
    process.kill(process.pid, signal)
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', terminate)
  try {
    // After the listeners: a signal that arrives meanwhile finds its folder locked, and unlocks it.
    job = openJob(name, options, { onEvent })
    return await work(job)
  } finally {
    unlisten()
    await job?.close()
  }
}

/** What `--out` says, of a verb that has it. */
function outputOf(options: object): string | undefined {
  const given: object = 'options' in options && typeof options.options === 'object' ? (options.options ?? {}) : options
  return 'out' in given && typeof given.out === 'string' ? given.out : undefined
}

/** Signals closer to each other than people press, in milliseconds. */
const samePress = 100
