/**
 * The whole job on simulated pairs, and an untrained model to try things with.
 * @module rewardkit/quickstart
 */
export { createSimulationModel } from './simulation-model.ts'
export { type QuickstartOptions, quickstartOptionsSchema } from './quickstart-options.ts'
export { quickstart, type QuickstartResult } from './quickstart.ts'
