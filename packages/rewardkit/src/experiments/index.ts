/** Grids of runs: the YAML file of an experiment, its cells, the choice of learning rates, and tables. Loads no addon. */
export { type ExperimentResult, runExperiment } from './experiment.ts'
export { type ExperimentOptions, experimentOptionsSchema } from './experiment-options.ts'
export { type ExperimentPlan, planExperiment, type PlannedPart } from './plan.ts'
export type { ExperimentResults, ResultCell, ResultRow, ResultTable } from './results.ts'
export type { FailedCell } from './run-cells.ts'
export { terminalText } from './write-results.ts'
