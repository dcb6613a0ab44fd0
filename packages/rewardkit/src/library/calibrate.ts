import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spooledFile } from '../data/index.ts'
import { type CalibrateInput, calibrateOptionsSchema } from '../evaluate/calibrate-options.ts'
import type { ModelCalibration } from '../rewards/calibration-file.ts'
import { parseOptions, refuseHubGuesses } from './parse-options.ts'
import { isRows, pieces, type PreferenceData } from './preference-rows.ts'
import { runJob, type Watching } from './run-job.ts'

/** All options of `calibrate`. */
export interface CalibrateSettings extends Readonly<Omit<CalibrateInput, 'data'>>, Watching {
  /** Validation pairs that the model was not trained on: a file, or rows. */
  readonly data: PreferenceData
}

/**
 * Fits the temperature of a reward model and the quantiles of its rewards on validation pairs, in a thread of its own.
 * Writes `calibration.json` into the model's folder, which `preference` and the percentiles of `score` use.
 * @returns what `calibration.json` holds
 * @throws RewardKitError, also where the model was trained on the data
 * @example
 * const { temperature } = await calibrate({ model: 'runs/first', data: 'validation.jsonl' })
 */
export async function calibrate(settings: CalibrateSettings): Promise<ModelCalibration> {
  const { signal, onEvent, data, ...rest } = settings
  const folder = await mkdtemp(join(tmpdir(), 'rewardkit-calibrate-'))
  try {
    const file = spooledFile(folder, 'evaluation-data')
    const options = parseOptions(calibrateOptionsSchema, { ...rest, data: isRows(data) ? file : data })
    refuseHubGuesses({ model: options.model, data: options.data })
    const answers = isRows(data) ? { data: pieces(data, 'data', signal) } : {}
    return await runJob('calibrate', { options, asksForData: isRows(data) }, { signal, onEvent }, answers)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
