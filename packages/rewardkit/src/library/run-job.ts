import { RewardKitError } from '../errors.ts'
import type { Event } from '../events.ts'
import type { Answers } from '../thread/ask.ts'
import { openJob } from '../thread/job.ts'
import type { JobName, JobOptions, JobResult } from '../thread/worker.ts'
import { abortError } from '../thread/abort.ts'
import { inLibraryWords, libraryError } from './parse-options.ts'

/** What every long call can be given besides its options. */
export interface Watching {
  /** Once it aborts, the call stops after the current micro-batch, and rejects with code `interrupted`. */
  readonly signal?: AbortSignal | undefined
  /** Everything worth telling: log lines, warnings, progress, steps, evaluations. Nothing is printed. */
  readonly onEvent?: ((event: Event) => void) | undefined
}

/**
 * Runs one job in a compute thread of its own.
 * @param names texts in messages to replace, such as spooled files by the options that they replace
 * @throws RewardKitError, in the words of the library
 */
export async function runJob<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  { signal, onEvent = () => {} }: Watching,
  answers: Answers = {},
  names: Readonly<Record<string, string>> = {},
): Promise<JobResult<Name>> {
  if (signal?.aborted) throw abortError(signal)
  const job = opened(() => openJob(name, options, { onEvent: inLibraryEvents(onEvent, names), answers }), names)
  const stop = () => void job.stop()
  signal?.addEventListener('abort', stop)
  try {
    return await job.result
  } catch (error) {
    if (error instanceof RewardKitError && error.code === 'interrupted' && signal?.aborted) throw abortError(signal)
    throw libraryError(error, names)
  } finally {
    signal?.removeEventListener('abort', stop)
    await job.close()
  }
}

/** Events whose messages name options as code does. */
export const inLibraryEvents =
  (onEvent: (event: Event) => void, names: Readonly<Record<string, string>> = {}) =>
  (event: Event): void =>
    onEvent('message' in event ? { ...event, message: inLibraryWords(event.message, names) } : event)

/** A job whose folder another process has is refused before it begins. */
function opened<Result>(open: () => Result, names: Readonly<Record<string, string>>): Result {
  try {
    return open()
  } catch (error) {
    throw libraryError(error, names)
  }
}
