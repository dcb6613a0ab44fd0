import { setThreads } from '@rewardkit/torch'
import type { Hooks } from '../events.ts'
import { loadRewardModel, modelFolder, readModelConfig, type RewardModel } from '../models/index.ts'
import { createObjective, type Objective } from '../objectives/index.ts'
import { loadTokenizer, type Spool, type Tokenizer } from '../tokens/index.ts'
import { type PlannedStep, planSteps } from './batches.ts'
import { loadTrainingData, type TrainingData } from './data.ts'
import type { TrainOptions } from './options.ts'
import { type ResolvedOptions, resolveOptions } from './resolve.ts'

/** Everything that a run needs before its first step. */
export interface PreparedTraining {
  readonly options: ResolvedOptions
  readonly objective: Objective
  readonly tokenizer: Tokenizer
  readonly data: TrainingData
  readonly steps: readonly PlannedStep[]
  readonly model: RewardModel
}

/**
 * Reads model and data of a run and makes its automatic choices; the run folder is not touched.
 * @throws InputError for what is wrong with options, data or model; Interrupted on request
 */
export async function prepareTraining(given: TrainOptions, spool: Spool, hooks: Hooks): Promise<PreparedTraining> {
  const source = modelFolder(given.model)
  readModelConfig(source)
  const objective = createObjective(given.objective, given)
  const tokenizer = await loadTokenizer(source)
  const data = await loadTrainingData(given, objective, tokenizer, spool, hooks)
  const steps = planSteps(data.groups.preferenceCounts, given)
  const options = resolveOptions(given, steps.length)
  setThreads(options.threads)
  const model = loadRewardModel(source, { seed: options.seed, reading: options })
  warnOfDropout(model, hooks)
  return { options, objective, tokenizer, data, steps, model }
}

/** Dropout is off: the two passes of a step must see the same rewards. */
function warnOfDropout({ rawConfig }: RewardModel, hooks: Hooks): void {
  const asked = ['attention_dropout', 'hidden_dropout'].filter((name) => Number(rawConfig[name] ?? 0) > 0)
  if (asked.length > 0)
    hooks.onEvent({
      kind: 'warning',
      message: `config.json asks for ${asked.join(' and ')}; training runs without dropout`,
    })
}
