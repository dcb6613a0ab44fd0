/**
 * Objectives: rewards of a batch in, loss and reward gradients out. Loads no addon.
 * @module rewardkit/objectives
 */
export { createObjective } from './create-objective.ts'
export type { BatchRewards, Objective, ObjectiveResult, ObjectiveState } from './objective.ts'
export { type ObjectiveName, objectiveNames } from './objective-list.ts'
export { type ObjectiveOptions, objectiveOptionsSchema } from './objective-options.ts'
export { logSigmoid, sigmoid } from '../logistic.ts'
export { toBatchRewards } from './batch-rewards.ts'
