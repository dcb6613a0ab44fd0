import { setThreads } from '@rewardkit/torch'
import { z } from 'zod'
import { spoolRows } from '../data/index.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import type { FetchedModel } from '../hub/index.ts'
import { phrase, settings } from '../phrase.ts'
import { headText, unusedDate, warnOfOthersFolder } from '../rewards/open-model.ts'
import {
  checkWeights,
  loadRewardNetwork,
  maxLengthOf,
  maxLengthText,
  readModelConfig,
  type RewardNetwork,
  type TrainedPart,
  trainPart,
} from '../models/index.ts'
import { readSettings } from '../models/model-settings.ts'
import { createObjective, type Objective } from '../objectives/index.ts'
import { loadTokenizer, type Spool, type Tokenizer } from '../tokens/index.ts'
import { type PlannedStep, planSteps } from './batches.ts'
import { lastCheckpoint } from './checkpoint.ts'
import { loadTrainingData, type RowNames, type TrainingData } from './training-data.ts'
import type { TrainOptions } from './train-options.ts'
import { type ResolvedOptions, resolveTrainOptions, type SizedOptions } from './resolved-options.ts'

/** Inputs that are not plain data. */
export interface TrainInputs {
  /** JSON lines in place of a file: written to where `data` says, in the run folder, unless a resumed run has them. */
  readonly rows?: Iterable<string>
  /** The same for `evalData`. */
  readonly evaluationRows?: Iterable<string>
  /** An objective of the caller's, which `objective` names. */
  readonly objective?: Objective
}

/** A program's rows are called as the options that gave them. */
const rowNames = ({ rows, evaluationRows }: TrainInputs): RowNames => ({
  ...(rows && { dataName: 'data' }),
  ...(evaluationRows && { evalDataName: 'evalData' }),
})

/** Everything that a run needs before its first step. */
export interface PreparedTraining {
  readonly options: ResolvedOptions
  readonly objective: Objective
  readonly tokenizer: Tokenizer
  readonly data: TrainingData
  readonly steps: readonly PlannedStep[]
  readonly model: RewardNetwork
  readonly part: TrainedPart
}

/**
 * Reads model and data of a run and makes its automatic choices. The run folder is not touched, but for rows that
 * `given.data` spools there.
 * @throws InputError for what is wrong with options, data or model; Interrupted on request
 */
export async function prepareTraining(
  asked: TrainOptions,
  source: FetchedModel,
  inputs: TrainInputs,
  spool: Spool,
  hooks: Hooks,
): Promise<PreparedTraining> {
  const { decoder } = readModelConfig(source.folder)
  const given: SizedOptions = { ...asked, maxLength: maxLengthOf(decoder, asked.maxLength) }
  checkWeights(source.folder, given.head)
  const objective = inputs.objective ?? createObjective(given.objective, given)
  const tokenizer = await loadTokenizer(source.folder, { templateDate: given.templateDate ?? dateOfRun(given) })
  spoolRows(given.data, inputs.rows, given.resume, hooks)
  if (given.evalData !== undefined) spoolRows(given.evalData, inputs.evaluationRows, given.resume, hooks)
  const { truncationRule: trainedBy } = readSettings(source.folder)
  const data = await loadTrainingData({ ...given, ...rowNames(inputs), trainedBy }, objective, tokenizer, spool, hooks)
  const steps = planSteps(data.groups.preferenceCounts, given)
  const options = resolveTrainOptions({ ...dated(given, tokenizer, hooks), model: source.name }, steps.length)
  setThreads(options.threads)
  const model = loadRewardNetwork(source.folder, { seed: options.seed, reading: options, head: options.head })
  hooks.onEvent(logLine(headText(model)))
  const shorter = maxLengthText(decoder, asked.maxLength)
  if (shorter !== null) hooks.onEvent(logLine(shorter))
  warnOfDropout(model, hooks)
  warnOfHead(model, hooks)
  await warnOfOthersFolder(model, tokenizer, hooks, { isPoolGiven: false })
  return { options, objective, tokenizer, data, steps, model, part: trainPart(model, options.train) }
}

/** The day that the resumed run gave its chat template, if any. */
function dateOfRun({ resume, out }: TrainOptions): string | undefined {
  const day = resume ? lastCheckpoint(out)?.state.fingerprint['template_date'] : undefined
  return day === undefined ? undefined : z.string().parse(JSON.parse(day))
}

/**
 * The options with the day that the chat template prints for the whole run; without one if the template does not ask
 * for it.
 */
function dated({ templateDate, ...options }: SizedOptions, { files }: Tokenizer, hooks: Hooks): SizedOptions {
  if (!files.templateDate) {
    if (templateDate !== undefined) hooks.onEvent(warning(unusedDate(files.folder, templateDate)))
    return options
  }
  const { day } = files.templateDate
  hooks.onEvent(logLine(`the chat template prints the date: it is fixed to ${day} and saved with the model`))
  return { ...options, templateDate: day }
}

/** Transformers would open the folder, but replace this head by one of its own. */
function warnOfHead({ weights }: RewardNetwork, hooks: Hooks): void {
  if (!weights.hiddenHead) return
  hooks.onEvent(
    warning(
      phrase`transformers has no class for an mlp head and would create a new head instead: open the model with rewardkit, or give ${settings({ head: 'linear' })}`,
    ),
  )
}

/** Dropout is off: the two passes of a step must see the same rewards. */
function warnOfDropout({ rawConfig }: RewardNetwork, hooks: Hooks): void {
  const names = ['attention_dropout', 'hidden_dropout', 'attn_pdrop', 'embd_pdrop', 'resid_pdrop']
  const asked = names.filter((name) => Number(rawConfig[name] ?? 0) > 0)
  if (asked.length > 0)
    hooks.onEvent(
      warning(`config.json asks for ${new Intl.ListFormat('en-GB').format(asked)}; training runs without dropout`),
    )
}
