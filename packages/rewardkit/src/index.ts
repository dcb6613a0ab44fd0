/**
 * Trains, evaluates and uses margin-aware reward models from a program. Computing happens in threads of their own;
 * nothing is printed, and the process is never ended.
 * @module rewardkit
 */
export { type ErrorCode, RewardKitError } from './errors.ts'
export type { Event } from './events.ts'
export type { CustomLoss, CustomObjective, ObjectiveFunction } from './library/custom-objective.ts'
export { calibrate, type CalibrateSettings } from './library/calibrate.ts'
export { compare, type CompareSettings } from './library/compare.ts'
export { evaluate, type EvaluateRewardsSettings, type EvaluateSettings } from './library/evaluate.ts'
export { experiment, type ExperimentSettings, planExperiment } from './library/experiment.ts'
export {
  type CallOptions,
  type LoadSettings,
  type PromptAndResponse,
  type DetailedReward,
  type RankedCandidate,
  type Ranking,
  RewardModel,
} from './library/reward-model.ts'
export type {
  PreferenceData,
  PreferenceGroup,
  PreferencePair,
  PreferenceRow,
  PreferenceRows,
} from './library/preference-rows.ts'
export type { Watching } from './library/run-job.ts'
export { plan, train, type TrainSettings } from './library/train.ts'
export type {
  Agreement,
  ArmComparison,
  ArmRecord,
  Comparison,
  GateResult,
  LeftOut,
  RunRecord,
  SubsetDifference,
  Verdict,
} from './compare/index.ts'
export type { Message } from './data/index.ts'
export type { Interval, MarginStatistics, PairSummary } from './statistics/types.ts'
export type { EvaluationSummary } from './rewards/evaluation-summary.ts'
export type { ModelCalibration } from './rewards/calibration-file.ts'
export type { EvaluationMetrics, StepMetrics } from './run-metrics.ts'
export type { ExperimentResult } from './experiments/experiment.ts'
export type { ExperimentPlan, PlannedPart } from './experiments/plan.ts'
export type { FailedCell } from './experiments/run-cells.ts'
export type { ExperimentResults, ResultCell, ResultRow, ResultTable } from './experiments/results.ts'
export type { TrainingPlan } from './train/plan.ts'
export type { TrainResult } from './train/train.ts'
