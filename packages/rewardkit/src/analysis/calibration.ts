import { at } from '../at.ts'
import { logSigmoid, sigmoid } from '../logistic.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { clusteredMean } from '../statistics/intervals.ts'
import { type CalibrationError, calibrationError, type ReliabilityBin } from './calibration-error.ts'
import { type Statistic, statisticOf } from './statistic.ts'
import type { Temperatures } from './temperature.ts'

/** How well the probabilities fit that follow from reward margins. */
export interface CalibrationScores {
  /** The mean of -log sigmoid(margin), in nats; log 2 is chance. */
  readonly log_loss: Statistic
  /** The mean of (1 - sigmoid(margin))^2; 0.25 is chance. */
  readonly brier_score: Statistic
  /** Of the confidence sigmoid(|margin|) against whether the margin is above zero; a tie is half right. */
  readonly expected_calibration_error: CalibrationError
  readonly reliability: readonly ReliabilityBin[]
}

/** `calibration` of `summary.json`. */
export interface Calibration extends CalibrationScores {
  /** The same after margins were divided by a temperature that was not fitted on them. */
  readonly after_temperature: CalibrationScores & Pick<Temperatures, 'source' | 'temperature' | 'words'>
}

/** Calibration without, and after temperatures. */
export function calibrationOf(
  margins: Float64Array,
  clusters: Clusters,
  { of, source, temperature, words }: Temperatures,
): Calibration {
  const after =
    of === null
      ? unscored(temperature)
      : scores(
          margins.map((margin, pair) => margin / at(of, pair)),
          clusters,
        )
  return { ...scores(margins, clusters), after_temperature: { source, temperature, words, ...after } }
}

/** The scores of margins whose sigmoid is the probability that chosen is the better response. */
function scores(margins: Float64Array, clusters: Clusters): CalibrationScores {
  const { error, bins } = calibrationError(
    margins.map((margin) => sigmoid(Math.abs(margin))),
    margins.map((margin) => (1 + Math.sign(margin)) / 2),
    clusters,
  )
  const meanOf = (score: (margin: number) => number) => statisticOf(clusteredMean(margins.map(score), clusters))
  return {
    log_loss: meanOf((margin) => -logSigmoid(margin)),
    brier_score: meanOf((margin) => sigmoid(-margin) ** 2),
    expected_calibration_error: error,
    reliability: bins,
  }
}

function unscored(none: Statistic): CalibrationScores {
  return {
    log_loss: none,
    brier_score: none,
    expected_calibration_error: { ...none, bins: 0, if_calibrated: none },
    reliability: [],
  }
}
