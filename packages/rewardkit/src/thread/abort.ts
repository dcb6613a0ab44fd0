import { Interrupted } from '../errors.ts'

/** The error of a call that its AbortSignal stopped; the signal's reason is its cause. */
export const abortError = (signal: AbortSignal | undefined): Interrupted =>
  new Interrupted('stopped on request', { cause: signal?.reason })

/** What `work` comes to, or the rejection of the signal where that is sooner. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  let onAbort: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(abortError(signal))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
