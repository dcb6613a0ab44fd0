import type { PairSummary } from '../statistics/types.ts'
import type { RateRule } from './experiment-types.ts'

/**
 * What a cell's validation pairs say of it by the rule. The log loss is undefined where no temperature is best. That is
 * so for rewards no better than chance, which count as log 2, and for pairs that are all right but for a few, which
 * count as 0.
 */
export function scoreOf(
  validation: Pick<PairSummary, 'accuracy' | 'log_loss_after_temperature'>,
  rule: RateRule,
): number {
  const { accuracy, log_loss_after_temperature: loss } = validation
  if (rule === 'accuracy') return accuracy.value
  if (Number.isFinite(loss)) return loss
  return accuracy.value > 0.75 ? 0 : Math.LN2
}

/** What one rate came to on the validation pairs, over the seeds of an arm. */
export interface RateScore {
  readonly learningRate: number
  /** By the rule, the mean over seeds; NaN where a cell failed or the score is undefined. */
  readonly score: number
}

/** A chosen rate. */
export interface ChosenRate {
  readonly learningRate: number
  /** The smallest or the largest of several rates: a better one may lie beyond. */
  readonly isAtEdge: boolean
}

/**
 * The rate with the lowest log loss after temperature, or with the highest accuracy. Of equal ones it is the smallest. A
 * rate without a score is not chosen; null where none has one.
 */
export function chooseRate(scores: readonly RateScore[], rule: RateRule): ChosenRate | null {
  const sorted = scores.toSorted((a, b) => a.learningRate - b.learningRate)
  const loss = ({ score }: RateScore) => (rule === 'accuracy' ? -score : score)
  let best: RateScore | null = null
  for (const candidate of sorted)
    if (!Number.isNaN(candidate.score) && (best === null || loss(candidate) < loss(best))) best = candidate
  if (best === null) return null
  const isAtEdge = sorted.length > 2 && (best === sorted[0] || best === sorted.at(-1))
  return { learningRate: best.learningRate, isAtEdge }
}
