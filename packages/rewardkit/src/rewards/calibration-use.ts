import { existsSync } from 'node:fs'
import type { GivenTemperature } from '../analysis/temperature.ts'
import { InputError } from '../errors.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import { calibrationFile, sha256Model } from '../models/model-hash.ts'
import { camelCase } from '../option-schemas.ts'
import { command, joinPhrases, option, type Phrase, phrase, settings } from '../phrase.ts'
import type { ReadingOptions } from '../tokens/reading-options.ts'
import {
  calibrationPath,
  type ModelCalibration,
  readCalibration,
  readingRecord,
  sharedPrompts,
} from './calibration-file.ts'

/** A model, open for use. */
export interface ModelInUse {
  readonly folder: string
  /** How it reads texts now. */
  readonly reading: ReadingOptions
}

/** A calibration that fits a model, or why there is none, with the remedy. */
type FoundCalibration =
  { readonly calibration: ModelCalibration } | { readonly problem: Phrase; readonly isAbsent: boolean }

/**
 * Looks for the calibration of a model. One of other weights, or of other reading options, does not count.
 * @param sha256 of the model folder, where it is known already
 * @throws InputError for a file that cannot be read
 */
async function findCalibration({ folder, reading }: ModelInUse, sha256?: string): Promise<FoundCalibration> {
  const path = calibrationPath(folder)
  if (!existsSync(path)) return { problem: phrase`${folder} has no ${calibrationFile}`, isAbsent: true }
  const calibration = readCalibration(path)
  if (calibration.model.sha256 !== (sha256 ?? (await sha256Model(folder))))
    return {
      problem: phrase`${path} belongs to other weights, or to another tokenizer, than those beside it`,
      isAbsent: false,
    }
  const now = readingRecord(reading)
  const then = calibration.model.reading
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((name) => then[name] !== now[name])
  if (names.length > 0) {
    const changes = names.map(
      (name) =>
        phrase`${option(camelCase(name))} ${now[name] ?? 'not given'} (calibrated: ${then[name] ?? 'not given'})`,
    )
    return {
      problem: phrase`${path} was fitted with other reading options: ${joinPhrases(changes, ', ')}`,
      isAbsent: false,
    }
  }
  return { calibration }
}

/**
 * The calibration of a model, for what cannot do without.
 * @param use what needs it, for the message
 * @throws InputError where there is none, or it does not fit the model
 */
export async function requireCalibration(use: string | Phrase, model: ModelInUse): Promise<ModelCalibration> {
  const found = await findCalibration(model)
  if ('calibration' in found) return found.calibration
  const again = found.isAbsent ? phrase`` : phrase`, and give ${settings({ overwrite: true })}`
  throw new InputError(phrase`${use}: ${found.problem}`, {
    remedy: phrase`fit it with ${command('calibrate')} on pairs that the model was not trained on${again}`,
  })
}

const instead = 'temperatures are cross-fitted instead'

/**
 * The calibration of a model for an evaluation, if there is one that fits. Where there is one that does not, says why.
 * @throws InputError for a file that cannot be read
 */
export async function calibrationToUse(
  model: ModelInUse & { readonly sha256: string },
  hooks: Hooks,
): Promise<ModelCalibration | null> {
  const found = await findCalibration(model, model.sha256)
  if ('calibration' in found) return found.calibration
  if (!found.isAbsent) hooks.onEvent(warning(phrase`${found.problem}; ${instead}`))
  return null
}

/** The temperature of a calibration that has seen none of the evaluated prompts. Otherwise null, and the reason is said. */
export function temperatureFor(
  calibration: ModelCalibration,
  data: { readonly sha256: string; readonly promptIds: readonly string[] },
  folder: string,
  hooks: Hooks,
): GivenTemperature | null {
  const { temperature, data: fittedOn } = calibration
  if (fittedOn.sha256 !== data.sha256 && sharedPrompts(calibration, data.promptIds) === 0)
    return { temperature, pairs: fittedOn.pairs, prompts: fittedOn.prompts }
  const path = calibrationPath(folder)
  hooks.onEvent(logLine(`${path} was fitted on prompts that are evaluated here; ${instead}`))
  return null
}
