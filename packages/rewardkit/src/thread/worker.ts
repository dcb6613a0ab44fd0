// The compute thread: runs one job of the library and posts what happens.
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type {
  ConvertOptions,
  DedupeOptions,
  FilterOptions,
  LeakageOptions,
  MixOptions,
  SplitOptions,
} from '../data/transforms/transform-options.ts'
import { type ErrorSubject, RewardKitError } from '../errors.ts'
import type { CalibrateOptions } from '../evaluate/calibrate-options.ts'
import type { EvaluateOptions, EvaluateRewardsOptions, ScoreOptions } from '../evaluate/evaluate-options.ts'
import type { ScoredGroup } from '../evaluate/scorer.ts'
import type { ScoreRequest } from '../evaluate/turns.ts'
import { type Event, type Hooks, logLine } from '../events.ts'
import type { InspectOptions } from '../inspect/inspect-options.ts'
import type { QuickstartOptions } from '../quickstart/quickstart-options.ts'
import type { Phrase } from '../phrase.ts'
import type { ModelInUse } from '../rewards/calibration-use.ts'
import { ensureSetup } from '../setup.ts'
import type { TrainOptions } from '../train/train-options.ts'
import type { TrainInputs } from '../train/prepare.ts'
import { type Ask, type AskPort, askThrough } from './ask.ts'
import { customObjective, type CustomObjectiveTraits } from './ask-objective.ts'
import { rowsFrom } from './ask-rows.ts'

/** What `train` needs but plain data cannot express: the main thread is asked for it during the run. */
export interface TrainJob {
  readonly options: TrainOptions
  /** Rows come from the main thread, and `options.data` names where they are spooled. */
  readonly asksForData?: boolean
  readonly asksForEvalData?: boolean
  /** The objective is a function of the main thread. */
  readonly objective?: CustomObjectiveTraits
}

export interface EvaluateJob {
  readonly options: EvaluateOptions
  readonly asksForData?: boolean
}

export interface CalibrateJob {
  readonly options: CalibrateOptions
  readonly asksForData?: boolean
}

function inputsOf({ asksForData, asksForEvalData, objective }: Omit<TrainJob, 'options'>, ask: Ask): TrainInputs {
  return {
    ...(asksForData && { rows: rowsFrom('data', ask) }),
    ...(asksForEvalData && { evaluationRows: rowsFrom('evalData', ask) }),
    ...(objective && { objective: customObjective(objective, ask) }),
  }
}

/** Verbs on data and rewards need no libtorch: they run in a thread so that the main one stays free for signals. */
const dataJobs = {
  evaluateRewards: async (options: EvaluateRewardsOptions, hooks: Hooks) => {
    const { evaluateRewards } = await import('../evaluate/evaluate-rewards.ts')
    return evaluateRewards(options, hooks)
  },
  inspect: async (options: InspectOptions, hooks: Hooks) => {
    const { inspectData } = await import('../inspect/inspect.ts')
    return inspectData(options, hooks)
  },
  convert: async (options: ConvertOptions, hooks: Hooks) => {
    const { convertData } = await import('../data/transforms/convert.ts')
    return convertData(options, hooks)
  },
  split: async (options: SplitOptions, hooks: Hooks) => {
    const { splitData } = await import('../data/transforms/split.ts')
    return splitData(options, hooks)
  },
  dedupe: async (options: DedupeOptions, hooks: Hooks) => {
    const { dedupeData } = await import('../data/transforms/dedupe.ts')
    return dedupeData(options, hooks)
  },
  leakage: async (options: LeakageOptions, hooks: Hooks) => {
    const { findLeakage } = await import('../data/transforms/leakage.ts')
    return findLeakage(options, hooks)
  },
  mix: async (options: MixOptions, hooks: Hooks) => {
    const { mixData } = await import('../data/transforms/mix.ts')
    return mixData(options, hooks)
  },
  filter: async (options: FilterOptions, hooks: Hooks) => {
    const { filterData } = await import('../data/transforms/filter.ts')
    return filterData(options, hooks)
  },
}

const jobs = {
  ...dataJobs,
  train: async ({ options, ...asked }: TrainJob, hooks: Hooks, ask: Ask) => {
    const { train } = await import('../train/train.ts')
    return train(options, hooks, inputsOf(asked, ask))
  },
  plan: async ({ options, ...asked }: TrainJob, hooks: Hooks, ask: Ask) => {
    const { planTraining } = await import('../train/plan.ts')
    return planTraining(options, hooks, inputsOf(asked, ask))
  },
  evaluate: async ({ options, asksForData }: EvaluateJob, hooks: Hooks, ask: Ask) => {
    const { evaluateModel } = await import('../evaluate/evaluate.ts')
    const { summary } = await evaluateModel(options, hooks, asksForData ? rowsFrom('data', ask) : undefined)
    return summary
  },
  calibrate: async ({ options, asksForData }: CalibrateJob, hooks: Hooks, ask: Ask) => {
    const { calibrateModel } = await import('../evaluate/calibrate.ts')
    return calibrateModel(options, hooks, asksForData ? rowsFrom('data', ask) : undefined)
  },
  quickstart: async (options: QuickstartOptions, hooks: Hooks) => {
    const { quickstart } = await import('../quickstart/quickstart.ts')
    return quickstart(options, hooks)
  },
  /** Floating-point operations per second of training on this machine. */
  speed: async (options: { readonly threads?: number | undefined }, hooks: Hooks) => {
    const { measureSpeed } = await import('../quickstart/measure-speed.ts')
    return measureSpeed(options, hooks)
  },
  check: async (options: { readonly model: string }, hooks: Hooks) => {
    const { checkModelFolder } = await import('../rewards/reward-check.ts')
    return checkModelFolder(options.model, hooks)
  },
  /** Stays open and answers requests. */
  score: async (options: Omit<ScoreOptions, 'data' | 'out' | 'encoding' | 'percentile'>, hooks: Hooks) => {
    const { openScorer } = await import('../evaluate/scorer.ts')
    const { createTurns } = await import('../evaluate/turns.ts')
    const scorer = await openScorer(options, hooks)
    const turns = createTurns(scorer, {
      microBatchTokens: options.microBatchTokens,
      pause: () => setImmediate(),
      onAnswer: (id, scored) => {
        scorer.report()
        post({ kind: 'answer', id, scored })
      },
      onError: (id, error) => post({ kind: 'refusal', id, error: plainError(error) }),
    })
    parentPort?.on('message', (message: ToScorer) => {
      switch (message.kind) {
        case 'request':
          return turns.add(message.request)
        case 'cancel':
          return turns.cancel(message.id)
      }
    })
    post({ kind: 'ready', model: scorer.model })
  },
}

export type JobName = keyof typeof jobs
export type JobOptions<Name extends JobName> = Parameters<(typeof jobs)[Name]>[0]
export type JobResult<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]>>

/** Messages to the job `score` while it is open. */
export type ToScorer =
  { readonly kind: 'request'; readonly request: ScoreRequest } | { readonly kind: 'cancel'; readonly id: number }

/** What the thread begins with. */
export interface WorkerData<Name extends JobName> {
  readonly name: Name
  readonly options: JobOptions<Name>
  /** One number: not 0 once the job is to stop. */
  readonly stopFlag: Int32Array
  readonly asking: AskPort
}

/** An error as plain data: classes do not survive the way between threads. */
export interface PlainError {
  readonly name: string
  readonly code: RewardKitError['code']
  /** The message without the remedy. */
  readonly problem: string | Phrase
  readonly remedy: Phrase | undefined
  readonly about?: ErrorSubject | undefined
  readonly stack: string | undefined
}

export type FromWorker =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'ready'; readonly model: ModelInUse }
  | { readonly kind: 'answer'; readonly id: number; readonly scored: ScoredGroup[] }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: PlainError }

// The rule is about windows; a port has no origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const post = (message: FromWorker): void => parentPort?.postMessage(message)

/** The codes of errors that come from the tensors' package. */
const codes: Readonly<Record<string, RewardKitError['code']>> = {
  SetupError: 'set-up',
  TorchError: 'failure',
  SafetensorsError: 'failure',
}

function plainError(error: unknown): PlainError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof RewardKitError) {
    const { code, phrases, about } = error
    return { name, code, ...phrases, about, stack }
  }
  return { name, code: codes[name] ?? 'unexpected', problem: message, remedy: undefined, stack }
}

if (parentPort) {
  // What `openJob` gave, whose types fit each other.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { name, options, stopFlag, asking } = workerData as Omit<WorkerData<JobName>, 'options'> & {
    readonly options: never
  }
  const hooks: Hooks = {
    onEvent: (event) => post({ kind: 'event', event }),
    shouldStop: () => Atomics.load(stopFlag, 0) !== 0,
  }
  try {
    if (!(name in dataJobs)) await ensureSetup((line) => post({ kind: 'event', event: logLine(line) }))
    const result: unknown = await jobs[name](options, hooks, askThrough(asking))
    if (name !== 'score') post({ kind: 'done', result })
  } catch (error) {
    post({ kind: 'error', error: plainError(error) })
  }
}
