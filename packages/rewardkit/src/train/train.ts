import { existsSync, realpathSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { createAdamW } from '@rewardkit/torch'
import { at } from '../at.ts'
import { InputError, Interrupted } from '../errors.ts'
import { evaluateGroups } from '../rewards/evaluation.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import { appendLine, syncFile, writeFileAtomic } from '../files.ts'
import { sha256Text } from '../hashes.ts'
import { restoreFolder } from '../folders.ts'
import { option, phrase, settings } from '../phrase.ts'
import { findModel } from '../models/index.ts'
import { createSpool, savedTokenizerFiles, type Spool, truncationRule } from '../tokens/index.ts'
import { lastCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { type Findings, finishRun } from './finish.ts'
import { openTrainingRewards } from './frozen.ts'
import { evaluationMetrics, stepMetrics } from './metrics.ts'
import type { MetricsLine } from '../run-metrics.ts'
import { defaultSaveEvery, type TrainOptions } from './train-options.ts'
import { prepareTraining, type TrainInputs } from './prepare.ts'
import { checkFingerprint, earlyFingerprint, fingerprint } from './fingerprint.ts'
import { graphKeeper } from './graph-memory.ts'
import { cutMetrics, checkRunFolder, environment, openRunFolder, writeConfig, writeEnvironment } from './run-folder.ts'
import { learningRateAt } from './schedule.ts'
import { trainStep } from './step.ts'

/** What a finished run left behind. */
export interface TrainResult extends Findings {
  readonly out: string
  readonly steps: number
}

/**
 * Trains a reward model and writes a run folder that explains itself. It holds the resolved configuration, environment,
 * metrics, checkpoints, the model as a Hugging Face folder, and the evaluation of the held-out pairs.
 * @throws InputError for faults of options, data or model, before anything is computed
 * @throws Interrupted on request, with a checkpoint of the last finished step
 * @throws FailureError if the numbers go wrong or the disk is full
 */
export async function train(given: TrainOptions, hooks: Hooks, inputs: TrainInputs = {}): Promise<TrainResult> {
  const spool = createSpool(given.out)
  const closers = [() => spool.close()]
  try {
    return await trainFrom(given, inputs, spool, (close) => closers.push(close), hooks)
  } finally {
    for (const close of closers) close()
  }
}

async function trainFrom(
  given: TrainOptions,
  inputs: TrainInputs,
  spool: Spool,
  closeLater: (close: () => void) => void,
  hooks: Hooks,
): Promise<TrainResult> {
  const { out } = given
  checkRunFolder(out, given)
  const source = await findModel(given.model, hooks)
  if (given.overwrite && liesIn(source.folder, out))
    throw new InputError(
      phrase`${option('overwrite')}: ${option('model')} ${given.model} is inside ${option('out')} ${out} and would be removed`,
      {
        remedy: phrase`choose another ${option('out')}`,
      },
    )
  const checkpoint = given.resume ? lastCheckpoint(out) : null
  if (checkpoint) {
    const known = earlyFingerprint(given, source.name)
    checkFingerprint(checkpoint, known, given, Object.keys(known))
  }
  const prepared = await prepareTraining(given, source, inputs, spool, hooks)
  const { options, objective, tokenizer, data, steps: plan, model, part } = prepared
  const { saveEvery = defaultSaveEvery, evalEvery = plan.length } = options
  const { trained } = part
  const optimizer = createAdamW(trained.parameters)
  const rewards = openTrainingRewards(prepared, hooks)
  closeLater(() => rewards.close())
  const learner = { parameters: trained.parameters, optimizer, rewardsOf: rewards.rewardsOf }
  const files = savedTokenizerFiles(tokenizer)
  const identity = fingerprint(options, {
    data: data.sha256,
    model: sha256Text(JSON.stringify([model.rawConfig, files])),
    ...(rewards.frozenWeights !== null && { frozen_weights: rewards.frozenWeights }),
    // Runs that were begun under rule 1 go on where both rules give the same ids.
    ...(data.cut.unlike_rule_1 > 0 && { truncation_rule: String(truncationRule) }),
  })

  let step = 0
  let savedStep = 0
  let state = objective.initialState
  if (checkpoint) {
    const differences = checkFingerprint(checkpoint, identity, options)
    if (differences !== '')
      hooks.onEvent(warning(`the results will not be bit for bit those of an uninterrupted run: ${differences}`))
    loadCheckpoint(checkpoint.folder, trained, optimizer)
    step = savedStep = checkpoint.state.step
    state = checkpoint.state.objective_state
    cutMetrics(out, step)
    restoreFolder(join(out, 'model'))
    hooks.onEvent(logLine(`continuing after step ${step} of ${plan.length}`))
  }
  if (!checkpoint) {
    if (options.resume) hooks.onEvent(logLine(`${out} has no checkpoint yet: starting from the beginning`))
    openRunFolder(out, [given.data, given.evalData ?? ''])
  }
  writeConfig(out, options)
  writeEnvironment(out, environment())
  writeFileAtomic(join(out, 'data.json'), `${JSON.stringify(data.record, null, 2)}\n`)

  const log = (line: MetricsLine) => appendLine(join(out, 'metrics.jsonl'), JSON.stringify(line))
  const begun = performance.now()
  rewards.prepare()
  if (rewards.frozenWeights !== null && part.frozenLayers)
    log({ schema_version: 1, kind: 'hidden_states', step, seconds: (performance.now() - begun) / 1000 })

  const save = () => {
    syncFile(join(out, 'metrics.jsonl'))
    saveCheckpoint(out, trained, optimizer, { schema_version: 1, step, objective_state: state, fingerprint: identity })
    savedStep = step
  }
  const evaluate = () => {
    if (!data.evaluation) return null
    const start = performance.now()
    const table = evaluateGroups(rewards.rewardsOf, data.evaluation, options, hooks)
    const metrics = evaluationMetrics(table, { step, seconds: (performance.now() - start) / 1000 })
    log(metrics)
    hooks.onEvent({ kind: 'evaluation', metrics })
    return table
  }

  try {
    while (step < plan.length) {
      // Before the next step and not after the last one, so that a resumed run evaluates here, too.
      if (step > 0 && step % evalEvery === 0) evaluate()
      const { epoch, groups } = at(plan, step)
      const start = performance.now()
      const learningRate = learningRateAt({ ...options, kind: options.schedule, totalSteps: plan.length }, step)
      const result = trainStep(learner, data.groups.read(groups), objective, state, {
        ...options,
        learningRate,
        mayKeepGraph: graphKeeper(),
        shouldStop: () => hooks.shouldStop(),
      })
      state = result.state
      step += 1
      const metrics = stepMetrics(result, { step, epoch, learningRate, seconds: (performance.now() - start) / 1000 })
      log(metrics)
      hooks.onEvent({ kind: 'step', metrics, totalSteps: plan.length })
      // After the last step, too: an interrupt may hit what follows.
      if (step % saveEvery === 0 || step === plan.length) save()
    }

    const found = await finishRun({ out, source, prepared, rewardsOf: rewards.rewardsOf, evaluate }, hooks)
    return { out, steps: step, ...found }
  } catch (error) {
    // A step that fails has not touched the parameters yet: what the last one left is good.
    if (step > savedStep) saveAfter(error, save)
    if (!(error instanceof Interrupted)) throw error
    throw new Interrupted(`stopped after step ${step} of ${plan.length}`, {
      remedy: phrase`to go on, run it again with ${settings({ resume: true })}`,
      cause: error,
    })
  }
}

/** Links followed: an --overwrite must not remove the model that it is to train. */
function liesIn(source: string, out: string): boolean {
  const real = (path: string) => (existsSync(path) ? realpathSync(path) : resolve(path))
  return real(source).startsWith(`${real(out)}${sep}`)
}

/** Saves what can be saved after an error; where that fails too, as on a full disk, the first error is the one to tell. */
function saveAfter(error: unknown, save: () => void): void {
  try {
    save()
  } catch (second) {
    if (error instanceof Interrupted) throw second
  }
}
