import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { locateNative } from '@rewardkit/torch/setup'
import { z } from 'zod'
import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { calibrationOf, type CalibrationScores } from '../analysis/calibration.ts'
import { fitTemperature, temperaturesFor } from '../analysis/temperature.ts'
import { sourceRecords, spoolRows, type Survey } from '../data/index.ts'
import { FailureError, InputError } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { makeWritableFolder } from '../folders.ts'
import { calibrationFile, sha256Model } from '../models/model-hash.ts'
import { command, option, phrase, settings } from '../phrase.ts'
import {
  calibratedFolder,
  calibrationPath,
  type ModelCalibration,
  promptHashes,
  readingRecord,
  rewardQuantiles,
  writeCalibration,
} from '../rewards/calibration-file.ts'
import type { EvaluationData } from '../rewards/evaluation-data.ts'
import { type OpenedModel, openRewardModel } from '../rewards/open-model.ts'
import { rewardsByMicroBatch } from '../rewards/reward-pass.ts'
import { createSpool } from '../tokens/index.ts'
import { version } from '../version.ts'
import type { CalibrateOptions } from './calibrate-options.ts'
import { readPairs } from './read-pairs.ts'

/**
 * Fits the temperature of a saved reward model and the quantiles of its rewards on validation pairs, and writes them
 * into `calibration.json` in the model's folder.
 * @param rows JSON lines in place of a file: written to where `options.data` says
 * @throws InputError for what is wrong with folder, data or model, where the model was trained on the data, and where
 * the pairs define no temperature; Interrupted on request
 */
export async function calibrateModel(
  options: CalibrateOptions,
  hooks: Hooks,
  rows?: Iterable<string>,
): Promise<ModelCalibration> {
  const folder = calibratedFolder(options.model)
  const path = calibrationPath(folder)
  if (existsSync(path) && !options.overwrite)
    throw new InputError(phrase`${option('model')} ${options.model} already has a ${calibrationFile}`, {
      remedy: phrase`give ${settings({ overwrite: true })} to replace it`,
    })
  makeWritableFolder(folder)
  const sha256 = await sha256Model(folder)
  const opened = await openRewardModel(folder, options, hooks)
  spoolRows(options.data, rows, false, hooks)
  const spool = createSpool(tmpdir())
  try {
    const { survey, pairs } = await readPairs(opened, { ...options, calledAs: rows && 'data' }, spool, hooks)
    await refuseTrainingData(folder, survey)
    const calibration = await calibrationOn(opened, pairs, { sha256, options }, hooks)
    if ((await sha256Model(folder)) !== sha256)
      throw new FailureError(`${folder} was changed meanwhile, so nothing was written`, {
        remedy: 'calibrate it again',
      })
    writeCalibration(folder, calibration)
    return calibration
  } finally {
    spool.close()
  }
}

async function calibrationOn(
  { network, dtype, rewardsOf }: OpenedModel,
  data: EvaluationData,
  { sha256, options }: { readonly sha256: string; readonly options: CalibrateOptions },
  hooks: Hooks,
): Promise<ModelCalibration> {
  const { margins, promptOf, promptIds, rewards } = rewardsOfPairs(rewardsOf, data, options, hooks)
  const clusters = { of: promptOf, count: promptIds.length }
  const temperature = fitTemperature(margins, clusters)
  const { value } = temperature
  if (value === null)
    throw new InputError(
      `${data.name}: its ${counted(margins.length, 'pair')} ${margins.length === 1 ? 'defines' : 'define'} no temperature: ${temperature.reason}`,
      {
        remedy: 'give more pairs, and check that chosen is the better response',
      },
    )
  const { after_temperature: after, ...before } = calibrationOf(margins, clusters, temperaturesFor(margins, clusters))
  return {
    schema_version: 1,
    versions: { rewardkit: version, node: process.versions.node, libtorch: locateNative().torchVersion },
    model: { sha256, dtype, reading: readingRecord(network.reading) },
    data: {
      path: data.name,
      sha256: data.sha256,
      read: data.read,
      dropped: { ...data.dropped },
      pairs: margins.length,
      prompts: promptIds.length,
      prompt_hashes: promptHashes(promptIds),
    },
    temperature: { ...temperature, value },
    before: scoresOf(before),
    after: scoresOf(after),
    rewards: { responses: rewards.length, quantiles: rewardQuantiles(rewards) },
  }
}

const scoresOf = ({
  log_loss,
  brier_score,
  expected_calibration_error,
}: CalibrationScores): ModelCalibration['before'] => {
  const { value, low, high, reason } = expected_calibration_error
  const error = { value, low, high, ...(reason !== undefined && { reason }) }
  return { log_loss, brier_score, expected_calibration_error: error }
}

/** The reward margins of all pairs with their prompts, and the reward of each response once. */
function rewardsOfPairs(
  rewardsOf: OpenedModel['rewardsOf'],
  { name, groups, pairs }: EvaluationData,
  { microBatchTokens }: CalibrateOptions,
  hooks: Hooks,
) {
  const margins = new Float64Array(pairs)
  const promptOf = new Int32Array(pairs)
  const prompts = new Map<string, number>()
  const rewards: number[] = []
  let done = 0
  const options = { microBatchTokens, shouldStop: () => hooks.shouldStop() }
  for (const batch of rewardsByMicroBatch(rewardsOf, groups, (group) => group.tokens, options)) {
    for (const { group, rewards: ofGroup } of batch) {
      for (const reward of ofGroup) rewards.push(reward)
      const prompt = prompts.get(group.promptId) ?? prompts.size
      prompts.set(group.promptId, prompt)
      for (const { chosen, rejected } of group.preferences) {
        const margin = at(ofGroup, chosen) - at(ofGroup, rejected)
        if (!Number.isFinite(margin))
          throw new FailureError(`pair ${group.id}: the reward margin is ${margin}; is the model damaged?`)
        margins[done] = margin
        promptOf[done] = prompt
        done += 1
      }
    }
    hooks.onEvent({ kind: 'progress', label: `calibrating on ${name}`, done, total: pairs, unit: 'pairs' })
  }
  return { margins, promptOf, promptIds: [...prompts.keys()], rewards: Float64Array.from(rewards) }
}

/** What `data.json` of a run says of the files that it was trained on. */
const trainedOnSchema = z.object({
  training: z.object({
    sha256: z.string(),
    sources: z.array(z.object({ files: z.array(z.object({ sha256: z.string() })) })).default([]),
  }),
})

/**
 * A temperature that was fitted on what the model has learned by heart is too low.
 * @throws InputError where the run of the model names one of the files in its data.json
 */
async function refuseTrainingData(folder: string, survey: Survey): Promise<void> {
  const path = join(dirname(folder), 'data.json')
  if (!existsSync(path)) return
  const { success, data } = trainedOnSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!success) return
  const { sha256, sources } = data.training
  const trained = new Set([sha256, ...sources.flatMap(({ files }) => files.map((file) => file.sha256))])
  const records = await sourceRecords([survey.data])
  const given = [survey.sha256, ...records.flatMap(({ files }) => files.map((file) => file.sha256))]
  if (!given.some((hash) => trained.has(hash))) return
  throw new InputError(`${survey.name}: the model was trained on it (${path}), so its margins are too wide there`, {
    remedy: phrase`give pairs that it has not seen: ${command('data split')} holds some out before training`,
  })
}
