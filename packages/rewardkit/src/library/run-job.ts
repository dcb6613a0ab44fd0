import { RewardKitError } from '../errors.ts'
import type { Event } from '../events.ts'
import type { Answers } from '../thread/ask.ts'
import { openJob } from '../thread/job.ts'
import type { JobName, JobOptions, JobResult } from '../thread/worker.ts'
import { abortError } from '../thread/abort.ts'

/** What every long call can be given besides its options. */
export interface Watching {
  /** Once it aborts, the call stops after the current micro-batch, and rejects with code `interrupted`. */
  readonly signal?: AbortSignal | undefined
  /** Everything worth telling: log lines, warnings, progress, steps, evaluations. Nothing is printed. */
  readonly onEvent?: ((event: Event) => void) | undefined
}

/**
 * Runs one job in a compute thread of its own.
 * @throws RewardKitError
 */
export async function runJob<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  { signal, onEvent = () => {} }: Watching,
  answers: Answers = {},
): Promise<JobResult<Name>> {
  if (signal?.aborted) throw abortError(signal)
  const job = openJob(name, options, { onEvent, answers })
  const stop = () => void job.stop()
  signal?.addEventListener('abort', stop)
  try {
    return await job.result
  } catch (error) {
    if (error instanceof RewardKitError && error.code === 'interrupted' && signal?.aborted) throw abortError(signal)
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    await job.close()
  }
}
