import type { EvaluationMetrics, StepMetrics } from '../run-metrics.ts'
import { at } from '../at.ts'
import { logLoss, marginStatistics } from '../statistics/statistics.ts'
import { summarizePairs } from '../analysis/pair-summary.ts'
import type { RewardTable } from '../analysis/reward-table.ts'
import type { StepResult } from './step.ts'

/** What a step's line says beside what the step itself returned. */
export interface StepFacts {
  readonly step: number
  readonly epoch: number
  readonly learningRate: number
  readonly seconds: number
}

/** The line of metrics.jsonl for a finished step. */
export function stepMetrics(result: StepResult, facts: StepFacts): StepMetrics {
  const { chosen, rejected } = result.rewards
  const margins = Float64Array.from(chosen, (reward, i) => reward - at(rejected, i))
  const statistics = marginStatistics(margins)
  return {
    schema_version: 1,
    kind: 'step',
    step: facts.step,
    epoch: facts.epoch,
    pairs: margins.length,
    objective_loss: result.loss,
    bradley_terry_loss: logLoss(margins),
    accuracy: margins.filter((margin) => margin > 0).length / margins.length,
    reward_margin_mean: statistics.mean,
    reward_margin_standard_deviation: statistics.standard_deviation,
    batch_margin: result.batchMargin,
    share_below_threshold: result.shareBelowThreshold,
    gradient_norm: result.gradientNorm,
    learning_rate: facts.learningRate,
    reward_difference: result.rewardDifference,
    tokens: result.tokens,
    tokens_per_second: result.tokens / facts.seconds,
    pairs_per_second: margins.length / facts.seconds,
    seconds: facts.seconds,
    peak_memory: process.resourceUsage().maxRSS * 1024,
  }
}

/** The line of metrics.jsonl for an evaluation of the held-out pairs after `step` steps. */
export function evaluationMetrics(
  table: RewardTable,
  { step, seconds }: { readonly step: number; readonly seconds: number },
): EvaluationMetrics {
  const { pairs, accuracy, reward_margin, log_loss } = summarizePairs(table)
  return {
    schema_version: 1,
    kind: 'evaluation',
    step,
    pairs,
    bradley_terry_loss: log_loss,
    accuracy: accuracy.value,
    accuracy_low: accuracy.low,
    accuracy_high: accuracy.high,
    reward_margin_mean: reward_margin.mean,
    reward_margin_standard_deviation: reward_margin.standard_deviation,
    seconds,
  }
}
