import { counted } from '../counted.ts'
import { formatStatistic, formatTable } from '../evaluate/table.ts'
import type { ModelCalibration } from '../rewards/calibration-file.ts'

/** What `calibrate` prints: what was fitted, and what a temperature that has not seen the pairs does to their scores. */
export function formatCalibration({ data, temperature, before, after, rewards }: ModelCalibration): string {
  const scores = [
    ['log loss', before.log_loss, after.log_loss],
    ['Brier score', before.brier_score, after.brier_score],
    ['calibration error', before.expected_calibration_error, after.expected_calibration_error],
  ] as const
  const table = formatTable(
    ['95 % intervals in brackets', 'before', 'after temperature'],
    scores.map(([name, first, second]) => [name, formatStatistic(first), formatStatistic(second)]),
  )
  return [
    `temperature ${formatStatistic(temperature)}, fitted on ${counted(data.pairs, 'pair')} of ${counted(data.prompts, 'prompt')}`,
    table,
    `after temperature: ${after.log_loss.reason ?? 'cross-fitted by prompt, so that no pair has a temperature that has seen it'}`,
    `percentiles of ${counted(rewards.responses, 'reward')} in steps of 0.1 %`,
  ].join('\n')
}
