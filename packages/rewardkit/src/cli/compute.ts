import { Worker } from 'node:worker_threads'
import type { Group } from '../data/index.ts'
import { FailureError, InputError, Interrupted } from '../errors.ts'
import type { ScoredGroup } from '../evaluate/score.ts'
import type { Event } from '../events.ts'
import { exitCodes } from './exit-codes.ts'
import type { FromWorker, JobName, JobOptions, JobResult, ToWorker } from './worker.ts'

/** A job that runs in the compute thread. */
interface Job<Name extends JobName> {
  readonly result: Promise<JobResult<Name>>
  /** Asks for the rewards of groups; only for the job `score`, once its `ready` has come. */
  request(groups: readonly Group[]): Promise<ScoredGroup[]>
  /** Settles when the job `score` has loaded its model. */
  readonly ready: Promise<void>
  /** True once the user asked to stop. */
  interrupted(): boolean
  /** Ends the thread and gives signals back to Node. */
  close(): Promise<void>
}

/**
 * Runs one job in the compute thread, so that this one stays free for signals and the terminal. The first SIGINT or
 * SIGTERM asks the job to stop, the second ends the process at once.
 */
export async function compute<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  onEvent: (event: Event) => void,
): Promise<JobResult<Name>> {
  const job = openJob(name, options, onEvent)
  try {
    return await job.result
  } finally {
    await job.close()
  }
}

/** Starts a job and leaves the thread open. */
export function openJob<Name extends JobName>(
  name: Name,
  options: JobOptions<Name>,
  onEvent: (event: Event) => void,
): Job<Name> {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4))
  // OpenMP's threads spin for microseconds before they sleep, not for milliseconds: where a program beside this one holds
  // their processors, spinning takes a hundred times as long (docs/log.md). Read from the environment of the process when
  // libtorch is loaded.
  process.env['GOMP_SPINCOUNT'] ??= '1000'
  // The compiled neighbour: a URL, unlike an import, is not rewritten by the compiler.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: { name, options, stopFlag } })
  const answers: PromiseWithResolvers<ScoredGroup[]>[] = []
  const result = withResolvers<JobResult<Name>>()
  const ready = withResolvers<void>()
  const fail = (error: Error) => {
    for (const waiting of [result, ready, ...answers.splice(0)]) waiting.reject(error)
  }
  // A failure reaches whoever waits; these two may have nobody.
  result.promise.catch(() => {})
  ready.promise.catch(() => {})
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'event') onEvent(message.event)
    else if (message.kind === 'ready') ready.resolve()
    else if (message.kind === 'answer') answers.shift()?.resolve(message.scored)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the worker ran the job of this name
    else if (message.kind === 'done') result.resolve(message.result as JobResult<Name>)
    else fail(revived(message))
  })
  worker.on('error', fail)
  worker.on('exit', (code) =>
    fail(new FailureError(`the compute thread ended with code ${code} before its work was done`)),
  )

  const stop = () => {
    if (Atomics.exchange(stopFlag, 0, 1) === 1) process.exit(exitCodes.interrupted)
    onEvent({ kind: 'log', message: 'stopping after the current micro-batch; once more to end at once' })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    result: result.promise,
    ready: ready.promise,
    interrupted: () => Atomics.load(stopFlag, 0) === 1,
    request: (groups) => {
      const waiting = withResolvers<ScoredGroup[]>()
      answers.push(waiting)
      // The rule is about windows; a worker has no origin.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage({ groups } satisfies ToWorker)
      return waiting.promise
    },
    close: async () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      worker.removeAllListeners('exit')
      await worker.terminate()
    },
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve, reject }
}

/** The error of the other thread, of the same class again: classes do not survive the way between threads. */
function revived({ name, message, stack }: Extract<FromWorker, { kind: 'error' }>): Error {
  const classes: Readonly<Record<string, new (text: string) => Error>> = { InputError, FailureError, Interrupted }
  const error = new (classes[name] ?? Error)(message)
  error.name = name
  if (stack !== undefined) error.stack = stack
  return error
}
