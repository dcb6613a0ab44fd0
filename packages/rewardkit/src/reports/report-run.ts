import type { RewardTable } from '../analysis/reward-table.ts'
import type { Interval } from '../statistics/types.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import type { MetricsLine } from '../run-metrics.ts'

/** A pair with its texts, as a reader of the report sees it. Texts are untrusted. */
export interface PairTexts {
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

/** What is known about evaluated pairs whose labels were simulated. */
export interface KnownTruth {
  /** True margin of each pair, by its id. */
  readonly trueMargin: ReadonlyMap<string, number>
  /** Expected accuracy of the best possible ranking on the noisy labels, a share. */
  readonly bestAchievableAccuracy?: number
  /** Share of pairs whose margin has the sign of the true margin. */
  readonly accuracyOnTrueLabels?: Interval
  /** Spearman's rank correlation of the reward margin with the true margin. */
  readonly rankCorrelation?: number
}

/** Held-out pairs and how the model ranked them. */
export interface RunEvaluation {
  readonly summary: EvaluationSummary
  readonly table: RewardTable
  /** Texts of the pairs that tell most, by id. */
  readonly texts?: ReadonlyMap<string, PairTexts>
}

/** Everything a report says about one run: a plain value. */
export interface ReportRun {
  readonly name: string
  readonly objective: string
  /** The resolved configuration; values are printed unchanged. */
  readonly config: Readonly<Record<string, unknown>>
  readonly metrics: readonly MetricsLine[]
  readonly evaluation?: RunEvaluation
  /** Day of the evaluation or of the last step, such as 2026-11-27. */
  readonly date?: string
  readonly truth?: KnownTruth
  /** A sentence to print beneath the title. */
  readonly note?: string
}
