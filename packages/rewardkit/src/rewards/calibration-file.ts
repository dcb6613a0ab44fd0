import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { at } from '../at.ts'
import { sha256Text } from '../hashes.ts'
import { InputError } from '../errors.ts'
import { writeFileAtomic } from '../files.ts'
import { isHubName } from '../hub/index.ts'
import { modelFolder } from '../models/find-model.ts'
import { calibrationFile } from '../models/model-hash.ts'
import { snakeCase } from '../option-schemas.ts'
import { command, option, phrase } from '../phrase.ts'
import type { ReadingOptions } from '../tokens/reading-options.ts'

const end = z.number().nullable()
const statisticSchema = z.object({ value: end, low: end, high: end, reason: z.string().exactOptional() })
const scoresSchema = z.object({
  log_loss: statisticSchema,
  brier_score: statisticSchema,
  expected_calibration_error: statisticSchema,
})

/** Steps of 0.1 % between the quantiles of rewards. */
const steps = 1000

const calibrationSchema = z.object({
  schema_version: z.literal(1),
  versions: z.record(z.string(), z.string()),
  model: z.object({
    sha256: z.string(),
    dtype: z.string(),
    reading: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
  data: z.object({
    path: z.string(),
    sha256: z.string(),
    read: z.number(),
    dropped: z.record(z.string(), z.number()),
    pairs: z.number(),
    prompts: z.number(),
    /** Hashes of up to 1,000 of its prompts, which tell whether other data has some of them. */
    prompt_hashes: z.array(z.string()),
  }),
  temperature: statisticSchema.extend({ value: z.number().positive() }),
  before: scoresSchema,
  /** By temperatures that are cross-fitted, not by the one above, which has seen the pairs. */
  after: scoresSchema,
  rewards: z.object({
    responses: z.number(),
    /** The least reward, then the quantiles of 0.1 %, 0.2 % and so on to the largest. */
    quantiles: z.array(z.number()).length(steps + 1),
  }),
})

/** `calibration.json` in a model folder: what was fitted on validation pairs, and to which weights and options it belongs. */
export type ModelCalibration = z.output<typeof calibrationSchema>

/** The folder of a model that may be written into: the cache of the hub may not. */
export function calibratedFolder(model: string): string {
  if (!existsSync(model) && isHubName(model))
    throw new InputError(
      phrase`${option('model')} ${model}: ${calibrationFile} is written into the folder of the model, and the cache of the hub is not changed`,
      { remedy: 'copy the model into a folder of your own, and name that' },
    )
  return modelFolder(model)
}

export const calibrationPath = (folder: string): string => join(folder, calibrationFile)

export function writeCalibration(folder: string, calibration: ModelCalibration): void {
  writeFileAtomic(calibrationPath(folder), `${JSON.stringify(calibration, null, 1)}\n`)
}

/** The reading options as the file has them. */
export const readingRecord = (reading: ReadingOptions): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(reading)
      .flatMap(([name, value]): [string, string | number][] => (value === undefined ? [] : [[snakeCase(name), value]]))
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )

/** @throws InputError for a file that is not what is written here */
export function readCalibration(path: string): ModelCalibration {
  try {
    return calibrationSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new InputError(`${path}: not what RewardKit writes`, {
      remedy: phrase`remove it, and fit it again with ${command('calibrate')}`,
      cause: error,
    })
  }
}

/** Prompts whose hashes are kept. */
const hashesKept = 1000

const hashOf = (prompt: string): string => sha256Text(prompt).slice(0, 12)

/** Hashes of the prompts: all of them, or the 1,000 smallest, which is a random choice that depends on nothing else. */
export const promptHashes = (prompts: Iterable<string>): string[] =>
  [...new Set(Array.from(prompts, hashOf))].sort().slice(0, hashesKept)

/** How many of some prompts' hashes are among those of a calibration. */
export function sharedPrompts({ data }: ModelCalibration, prompts: Iterable<string>): number {
  const kept = new Set(data.prompt_hashes)
  let shared = 0
  for (const prompt of prompts) if (kept.has(hashOf(prompt))) shared++
  return shared
}

/** The quantiles of rewards from the least to the largest, in steps of 0.1 %, as numpy's default gives them. */
export function rewardQuantiles(rewards: Float64Array): number[] {
  const sorted = rewards.toSorted()
  return Array.from({ length: steps + 1 }, (_, step) => {
    const place = (step * (sorted.length - 1)) / steps
    const below = at(sorted, Math.floor(place))
    return below + (at(sorted, Math.ceil(place)) - below) * (place - Math.floor(place))
  })
}

/**
 * The percentile of a reward among the rewards of the responses that a model was calibrated on: the percentage of them
 * that are lower, to 0.1. Between quantiles it is interpolated; of quantiles that equal the reward, it is the middle.
 */
export function percentileOf({ rewards: { quantiles } }: ModelCalibration, reward: number): number {
  let [below, upTo] = [0, 0]
  for (const quantile of quantiles) {
    if (quantile < reward) below++
    if (quantile <= reward) upTo++
  }
  const place = below < upTo ? (below + upTo - 1) / 2 : interpolated(quantiles, below, reward)
  return Math.round((1000 * place) / steps) / 10
}

/** Where a reward lies between the quantiles on its two sides, counted in steps. */
function interpolated(quantiles: readonly number[], above: number, reward: number): number {
  const [low, high] = [quantiles[above - 1], quantiles[above]]
  if (low === undefined) return 0
  return high === undefined ? steps : above - 1 + (reward - low) / (high - low)
}
