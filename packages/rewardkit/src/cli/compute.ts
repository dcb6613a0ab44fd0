import type { Event } from '../events.ts'
import { type Job, openJob } from '../thread/job.ts'
import type { JobName, JobOptions, JobResult } from '../thread/worker.ts'
import { exitCodes } from './exit-codes.ts'

/** Runs one job in the compute thread, so that this one stays free for signals and the terminal. */
export async function compute<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  onEvent: (event: Event) => void,
): Promise<JobResult<Name>> {
  return withJob(name, options, onEvent, (job) => job.result)
}

/**
 * Opens a job for as long as `work` lasts. The first SIGINT or SIGTERM asks it to stop, the second ends the process at
 * once.
 */
export async function withJob<Name extends JobName, T>(
  name: Name,
  options: JobOptions<Name>,
  onEvent: (event: Event) => void,
  work: (job: Job<Name>) => Promise<T>,
): Promise<T> {
  const job = openJob(name, options, { onEvent })
  const stop = () => {
    if (job.stop()) process.exit(exitCodes.interrupted)
    onEvent({ kind: 'log', message: 'stopping after the current micro-batch; once more to end at once' })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await work(job)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    await job.close()
  }
}
