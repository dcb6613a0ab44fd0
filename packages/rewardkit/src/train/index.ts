/**
 * Training in the calling thread, as the command does in its compute thread. Needs set-up.
 * @module rewardkit/train
 */
export { type Event, type Hooks, silentHooks } from '../events.ts'
export type { EvaluationMetrics, MetricsLine, StepMetrics } from '../run-metrics.ts'
export { type TrainOptions, trainOptionsSchema } from './train-options.ts'
export { planTraining, type TrainingPlan } from './plan.ts'
export type { TrainInputs } from './prepare.ts'
export { train, type TrainResult } from './train.ts'
