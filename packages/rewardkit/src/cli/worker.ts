// The compute thread: runs one job of the library and posts what happens.
import { parentPort, workerData } from 'node:worker_threads'
import type { Group } from '../data/index.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { ScoredGroup, ScoreOptions } from '../evaluate/score.ts'
import type { Event, Hooks } from '../events.ts'
import type { QuickstartOptions } from '../quickstart/options.ts'
import type { TrainOptions } from '../train/options.ts'

const jobs = {
  train: async (options: TrainOptions, hooks: Hooks) => {
    const { train } = await import('../train/train.ts')
    return train(options, hooks)
  },
  plan: async (options: TrainOptions, hooks: Hooks) => {
    const { planTraining } = await import('../train/plan.ts')
    return planTraining(options, hooks)
  },
  evaluate: async (options: EvaluateOptions, hooks: Hooks) => {
    const { evaluateModel } = await import('../evaluate/run.ts')
    const { summary } = await evaluateModel(options, hooks)
    return summary
  },
  quickstart: async (options: QuickstartOptions, hooks: Hooks) => {
    const { quickstart } = await import('../quickstart/quickstart.ts')
    return quickstart(options, hooks)
  },
  check: async (options: { readonly model: string }) => {
    const { checkModelFolder } = await import('../evaluate/reward-check.ts')
    return checkModelFolder(options.model)
  },
  /** Stays open and answers requests. */
  score: async (options: ScoreOptions, hooks: Hooks) => {
    const { openScorer } = await import('../evaluate/score.ts')
    const score = await openScorer(options, hooks)
    parentPort?.on('message', ({ groups }: ToWorker) => {
      score(groups).then((scored) => post({ kind: 'answer', scored }), postError)
    })
    post({ kind: 'ready' })
  },
}

export type JobName = keyof typeof jobs
export type JobOptions<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0]
export type JobResult<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>

/** A request for rewards. */
export interface ToWorker {
  readonly groups: readonly Group[]
}

export type FromWorker =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly scored: ScoredGroup[] }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'error'; readonly name: string; readonly message: string; readonly stack: string | undefined }

// The rule is about windows; a port has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const post = (message: FromWorker): void => parentPort?.postMessage(message)

function postError(error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  post({ kind: 'error', name, message, stack })
}

if (parentPort) {
  // What `openJob` gave, whose types fit each other.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { name, options, stopFlag } = workerData as { name: JobName; options: never; stopFlag: Int32Array }
  const hooks: Hooks = {
    onEvent: (event) => post({ kind: 'event', event }),
    shouldStop: () => Atomics.load(stopFlag, 0) === 1,
  }
  try {
    const result = await jobs[name](options, hooks)
    if (name !== 'score') post({ kind: 'done', result })
  } catch (error) {
    postError(error)
  }
}
