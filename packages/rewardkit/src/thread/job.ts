import { inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Group } from '../data/index.ts'
import { type ErrorDetails, FailureError, InputError, Interrupted, RewardKitError } from '../errors.ts'
import type { ScoredGroup } from '../evaluate/scorer.ts'
import type { Event } from '../events.ts'
import type { Phrase } from '../phrase.ts'
import type { ModelInUse } from '../rewards/calibration-use.ts'
import { abortError } from './abort.ts'
import { type Answers, answerThrough } from './ask.ts'
import { lockFolder } from './folder-lock.ts'
import type { FromWorker, JobName, JobOptions, JobResult, PlainError, ToScorer, WorkerData } from './worker.ts'

/** A job that runs in the compute thread. */
export interface Job<Name extends JobName> {
  readonly result: Promise<JobResult<Name>>
  /** Settles when the job `score` has loaded its model: its folder, and how it reads texts. */
  readonly ready: Promise<ModelInUse>
  /**
   * Asks for the rewards of groups; only for the job `score`, once it is ready. Rejects once the signal aborts: what has
   * not been computed then is left.
   */
  request(groups: readonly Group[], options?: RequestOptions): Promise<ScoredGroup[]>
  /** Asks the job to stop between two micro-batches. Returns whether it had been asked before. */
  stop(): boolean
  stopped(): boolean
  /** Ends the thread; callers that still wait get `reason`. */
  close(reason?: Error): Promise<void>
  /** Gives up the job's folder, for a process that ends at once. */
  abandon(): void
}

export interface RequestOptions {
  /** The first group that cannot be read ends the request. */
  readonly allOrNothing?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface JobHooks {
  /** An error that it throws ends the job with it. */
  onEvent(event: Event): void
  /** What the job may ask for. */
  readonly answers?: Answers
}

/** The compiled neighbour. Tests run from source, and Node cannot run TypeScript in a thread. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/thread/worker.js' : './worker.js',
  import.meta.url,
)

/**
 * Starts a job in a compute thread of its own. While the job `score` waits for requests, it does not keep the process
 * alive. The folder that a job writes into is locked for this process until the job is closed.
 * @throws InputError where another process has that folder
 */
export function openJob<Name extends JobName>(name: Name, options: JobOptions<Name>, hooks: JobHooks): Job<Name> {
  const stopFlag = new Int32Array(new SharedArrayBuffer(4))
  const answered = new Int32Array(new SharedArrayBuffer(4))
  const { port1: here, port2: there } = new MessageChannel()
  // OpenMP's threads spin for microseconds before they sleep, not for milliseconds: where a program beside this one holds
  // their processors, spinning takes a hundred times as long (docs/log.md). Read from the environment of the process when
  // libtorch is loaded.
  process.env['GOMP_SPINCOUNT'] ??= '1000'
  /** What a function of the caller threw: the job, which saves first what it can, ends with it. */
  let callersError: Error | undefined
  const stop = () => Atomics.exchange(stopFlag, 0, 1) === 1
  const stopFor = (error: unknown) => {
    callersError ??= error instanceof Error ? error : new Error(typeof error === 'string' ? error : inspect(error))
    stop()
  }
  const passOn = (event: Event) => {
    try {
      hooks.onEvent(event)
    } catch (error) {
      stopFor(error)
    }
  }
  const onLost = (error: FailureError) => {
    fail(error)
    // At once: what it might still save would be written among another's files.
    void worker.terminate()
  }
  const lock = lockFolder(name, options, { onEvent: passOn, onLost })
  const workerData: WorkerData<Name> = { name, options, stopFlag, asking: { port: there, answered } }
  // Without the program's flags for Node: its loaders and conditions are not for this library's files.
  const worker = new Worker(workerFile, { workerData, transferList: [there], execArgv: [] })
  const result = withResolvers<JobResult<Name>>()
  const ready = withResolvers<ModelInUse>()
  const requests = new Map<number, PromiseWithResolvers<ScoredGroup[]>>()
  let asked = 0

  let ended: Error | undefined

  const fail = (error: Error) => {
    ended ??= error
    for (const waiting of [result, ready, ...requests.values()]) waiting.reject(error)
    requests.clear()
  }
  // A failure reaches everyone who waits; nobody may wait for these two.
  result.promise.catch(() => {})
  ready.promise.catch(() => {})
  const settle = (id: number): PromiseWithResolvers<ScoredGroup[]> | undefined => {
    const waiting = requests.get(id)
    requests.delete(id)
    if (requests.size === 0) worker.unref()
    return waiting
  }

  const postToScorer = (message: ToScorer) => {
    // The rule is about windows; a worker has no origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    worker.postMessage(message)
  }

  answerThrough({ port: here, answered }, hooks.answers ?? {}, stopFor)
  here.unref()
  worker.on('message', (message: FromWorker) => {
    switch (message.kind) {
      case 'event':
        return passOn(message.event)
      case 'ready':
        if (callersError) return fail(callersError)
        worker.unref()
        return ready.resolve(message.model)
      case 'answer':
        return settle(message.id)?.resolve(message.scored)
      case 'refusal':
        return settle(message.id)?.reject(revived(message.error))
      case 'error':
        return fail(callersError ?? revived(message.error))
      case 'done':
        if (callersError) return fail(callersError)
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the worker ran the job of this name
        return result.resolve(message.result as JobResult<Name>)
    }
  })
  worker.on('error', fail)
  worker.on('exit', (code) =>
    fail(new FailureError(`the compute thread ended with code ${code} before its work was done`)),
  )

  return {
    result: result.promise,
    ready: ready.promise,
    stop,
    stopped: () => Atomics.load(stopFlag, 0) === 1,
    request: (groups, { allOrNothing = false, signal } = {}) => {
      if (ended) return Promise.reject(ended)
      if (signal?.aborted) return Promise.reject(abortError(signal))
      const id = asked++
      const waiting = withResolvers<ScoredGroup[]>()
      requests.set(id, waiting)
      worker.ref()
      postToScorer({ kind: 'request', request: { id, groups, allOrNothing } })
      const onAbort = () => {
        postToScorer({ kind: 'cancel', id })
        settle(id)?.reject(abortError(signal))
      }
      signal?.addEventListener('abort', onAbort)
      return waiting.promise.finally(() => signal?.removeEventListener('abort', onAbort))
    },
    abandon: () => lock?.release(),
    close: async (reason = new RewardKitError('closed', 'the compute thread was closed')) => {
      fail(reason)
      stop()
      here.close()
      await worker.terminate()
      lock?.release()
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

const classes: Readonly<Record<string, new (problem: string | Phrase, details: ErrorDetails) => RewardKitError>> = {
  InputError,
  FailureError,
  Interrupted,
}

/** The error of the other thread, of the same class again. */
function revived({ name, code, problem, remedy, about, stack }: PlainError): RewardKitError {
  const known = classes[name]
  const error = known ? new known(problem, { remedy, about }) : new RewardKitError(code, problem, { remedy, about })
  if (stack !== undefined) error.stack = stack
  return error
}
