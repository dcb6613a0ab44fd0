/**
 * Statistics of rewards and reward margins, with intervals that respect prompts. Loads no addon.
 * @module rewardkit/evaluate
 */
export { formatVerdict, type Gate, judge, parseGate, type Verdict } from './gate.ts'
export { type Clusters, clustersOf } from '../statistics/clusters.ts'
export { clusteredMean, clusteredShare, clusteredShareDifference, wilsonInterval } from '../statistics/intervals.ts'
export { spearmanCorrelation } from '../statistics/correlations.ts'
export { bestTemperature, logLoss, marginStatistics } from '../statistics/statistics.ts'
export { type Agreement, agreement } from '../analysis/agreement.ts'
export { analyse, type Analysis, type AnalysisContext } from '../analysis/analyse.ts'
export { type Claim, claimsOf, type ClaimVerdict } from '../analysis/claims.ts'
export {
  claimsAcrossModels,
  claimsOfMarginTraining,
  type ModelMargins,
  type PairRewards,
} from '../analysis/claims-across.ts'
export { type Confounds, confounds } from '../analysis/confounds.ts'
export { type LabelNoise, labelNoise } from '../analysis/label-noise.ts'
export { type Suspicious, type SuspiciousPair, suspiciousPairs } from '../analysis/suspicious.ts'
export type { Calibration } from '../analysis/calibration.ts'
export { type MarginCurves, marginCurves } from '../analysis/margin-curves.ts'
export { type MarginDistribution, marginDistribution } from '../analysis/margin-distribution.ts'
export type { Statistic } from '../analysis/statistic.ts'
export { summarizePairs, summarizeSubsets, trueLabelAccuracy } from '../analysis/pair-summary.ts'
export { rowsOf, type RewardTable, tableOf } from '../analysis/reward-table.ts'
export {
  formatColumns,
  formatMarkdownSummary,
  formatNumber,
  formatShare,
  formatSummary,
  formatTable,
  summaryLines,
  type SummaryLine,
} from './table.ts'
export type { Interval, MarginStatistics, PairSummary, RewardRow } from '../statistics/types.ts'
export type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
export { writeEvaluation } from '../rewards/write-evaluation.ts'
