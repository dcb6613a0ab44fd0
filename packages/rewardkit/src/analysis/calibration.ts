import { logSigmoid, sigmoid } from '../logistic.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { clusteredMean } from '../statistics/intervals.ts'
import { type CalibrationError, calibrationError, type ReliabilityBin } from './calibration-error.ts'
import { type Estimate, estimateOf, undefinedFor } from './estimate.ts'
import type { RewardTable } from './reward-table.ts'
import { crossFittedTemperatures, fitTemperature } from './temperature.ts'

/** How well the probabilities fit that reward margins stand for. */
export interface CalibrationScores {
  /** The mean of -log sigmoid(margin), in nats; log 2 is chance. */
  readonly log_loss: Estimate
  /** The mean of (1 - sigmoid(margin))^2; 0.25 is chance. */
  readonly brier_score: Estimate
  /** Of the confidence sigmoid(|margin|) against whether the margin is above zero; a tie is half right. */
  readonly expected_calibration_error: CalibrationError
  readonly reliability: readonly ReliabilityBin[]
}

/** The same after margins were divided by a temperature that was not fitted on them. */
export interface CalibrationAfterTemperature extends CalibrationScores {
  /** Where the temperature comes from; `none` where there is none. */
  readonly source: 'calibration_file' | 'cross_fitting' | 'none'
  /** The one of calibration.json; for cross-fitting, the one that is best for all pairs together. */
  readonly temperature: Estimate
  /** The same in words. */
  readonly words: string
}

/** `calibration` of `summary.json`. */
export interface Calibration extends CalibrationScores {
  readonly after_temperature: CalibrationAfterTemperature
}

/** A temperature that was fitted on other pairs: that of a model's calibration.json. */
export interface GivenTemperature {
  readonly temperature: Estimate & { readonly value: number }
  /** Pairs and prompts that it was fitted on. */
  readonly pairs: number
  readonly prompts: number
}

/** Calibration as it is, and after a temperature: the given one, or one that is cross-fitted by prompt. */
export function calibrationOf(
  { margins, promptOf, promptIds }: Pick<RewardTable, 'margins' | 'promptOf' | 'promptIds'>,
  given: GivenTemperature | null,
): Calibration {
  const clusters: Clusters = { of: promptOf, count: promptIds.length }
  const fitted = given
    ? { of: new Float64Array(margins.length).fill(given.temperature.value) }
    : crossFittedTemperatures(margins, clusters)
  const after: CalibrationAfterTemperature =
    'reason' in fitted
      ? { source: 'none', ...unscored(fitted.reason), words: `without a temperature: ${fitted.reason}` }
      : {
          source: given ? 'calibration_file' : 'cross_fitting',
          temperature: given?.temperature ?? fitTemperature(margins, clusters),
          ...scores(
            margins.map((margin, pair) => margin / (fitted.of[pair] ?? NaN)),
            clusters,
          ),
          words: given
            ? `the temperature of the model's calibration.json, fitted on ${given.pairs} other pairs of ${given.prompts} prompts`
            : 'cross-fitted: the pairs of each fifth of the prompts have the temperature that is best for the others',
        }
  return { ...scores(margins, clusters), after_temperature: after }
}

/** The scores of margins whose sigmoid is the probability that chosen is the better response. */
export function scores(margins: Float64Array, clusters: Clusters): CalibrationScores {
  const { error, bins } = calibrationError(
    margins.map((margin) => sigmoid(Math.abs(margin))),
    margins.map((margin) => (1 + Math.sign(margin)) / 2),
    clusters,
  )
  const meanOf = (score: (margin: number) => number) => estimateOf(clusteredMean(margins.map(score), clusters))
  return {
    log_loss: meanOf((margin) => -logSigmoid(margin)),
    brier_score: meanOf((margin) => sigmoid(-margin) ** 2),
    expected_calibration_error: error,
    reliability: bins,
  }
}

function unscored(reason: string): CalibrationScores & Pick<CalibrationAfterTemperature, 'temperature'> {
  const none = undefinedFor(reason)
  return {
    temperature: none,
    log_loss: none,
    brier_score: none,
    expected_calibration_error: { ...none, bins: 0, if_calibrated: none },
    reliability: [],
  }
}
