import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spooledFile } from '../data/index.ts'
import type { Event } from '../events.ts'
import type { ObjectiveName } from '../objectives/index.ts'
import type { EvaluationMetrics, StepMetrics } from '../run-metrics.ts'
import { type TrainInput, trainOptionsSchema } from '../train/train-options.ts'
import type { TrainingPlan } from '../train/plan.ts'
import type { TrainResult } from '../train/train.ts'
import type { ObjectiveQuestion } from '../thread/ask-objective.ts'
import { unlessAborted } from '../thread/abort.ts'
import { type CustomObjective, type ObjectiveFunction, offered } from './custom-objective.ts'
import { parseOptions, refuseHubGuesses } from './parse-options.ts'
import { isRows, pieces, type PreferenceData } from './preference-rows.ts'
import { runJob, type Watching } from './run-job.ts'

/** All options of `train`: those of the command (docs/reference.md) by their names in code, and more. */
export interface TrainSettings extends Readonly<Omit<TrainInput, 'data' | 'evalData' | 'objective'>>, Watching {
  /** A file, or rows: they are written into the run folder, where a run that goes on (`resume`) finds them again. */
  readonly data: PreferenceData
  /** Held-out rows, in place of `evalFraction`. */
  readonly evalData?: PreferenceData | undefined
  /** A name of the list, or an objective of your own. */
  readonly objective?: ObjectiveName | ObjectiveFunction | CustomObjective | undefined
  /** After each optimizer step: its line of metrics.jsonl. */
  readonly onStep?: ((step: StepMetrics) => void) | undefined
  /** After each evaluation of the held-out pairs. */
  readonly onEvaluation?: ((evaluation: EvaluationMetrics) => void) | undefined
}

/**
 * Trains a reward model in a thread of its own and writes the run folder `out`. It holds configuration, metrics,
 * checkpoints, the model as a Hugging Face folder, and the evaluation of the held-out pairs. Prints nothing and never
 * ends the process.
 * @throws RewardKitError: `invalid-input` before anything is computed, `interrupted` after `signal`, with a checkpoint
 * to resume from (`resume: true`), `failure` otherwise. An error that a callback throws ends the run and is thrown.
 * @example
 * const { steps } = await train({ model: 'models/base', data: 'pairs.jsonl', out: 'runs/first', evalFraction: 0.1 })
 */
export async function train(settings: TrainSettings): Promise<TrainResult> {
  const { job, watching, answers } = prepareJob(settings, settings.out)
  return runJob('train', job, watching, answers)
}

/**
 * Says what `train` with these settings would do, without training: pairs, tokens before and after sharing, dropped and
 * cut rows, and steps. Estimates of time, memory and disk come from two real micro-batches. Rows are read to their end.
 * Nothing is written to `out`, and an objective of your own is not called.
 * @throws RewardKitError as `train` does
 * @example
 * const { seconds, steps } = await plan({ model: 'models/base', data: 'pairs.jsonl', out: 'runs/first' })
 */
export async function plan(settings: TrainSettings): Promise<TrainingPlan> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardkit-plan-'))
  try {
    const { job, watching, answers } = prepareJob(settings, folder)
    return await runJob('plan', job, watching, answers)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the compute thread is given, and what it may ask for. */
function prepareJob(settings: TrainSettings, folder: string) {
  const { signal, onEvent, onStep, onEvaluation, data, evalData, objective = 'bradley-terry', ...rest } = settings
  const custom = typeof objective === 'string' ? null : offered(objective)
  // A folder that is missing is refused by the schema, under its own name.
  const file = (what: 'data' | 'eval-data') => spooledFile(typeof folder === 'string' ? folder : '', what)
  const parsed = parseOptions(trainOptionsSchema, {
    ...rest,
    data: isRows(data) ? file('data') : data,
    evalData: isRows(evalData) ? file('eval-data') : evalData,
    objective: custom ? 'bradley-terry' : objective,
  })
  refuseHubGuesses({ model: parsed.model, data: parsed.data, evalData: parsed.evalData, testData: parsed.testData })
  const onEveryEvent = (event: Event) => {
    onEvent?.(event)
    if (event.kind === 'step') onStep?.(event.metrics)
    if (event.kind === 'evaluation') onEvaluation?.(event.metrics)
  }
  return {
    job: {
      options: custom ? { ...parsed, objective: custom.traits.name } : parsed,
      asksForData: isRows(data),
      asksForEvalData: isRows(evalData),
      ...(custom && { objective: custom.traits }),
    },
    watching: { signal, onEvent: onEveryEvent },
    answers: {
      ...(isRows(data) && { data: pieces(data, 'data', signal) }),
      ...(isRows(evalData) && { evalData: pieces(evalData, 'evalData', signal) }),
      ...(custom && { objective: (question: ObjectiveQuestion) => unlessAborted(custom.answer(question), signal) }),
    },
  }
}
