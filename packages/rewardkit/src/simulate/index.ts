/**
 * Preference pairs whose true margins are known. Loads no addon.
 * @module rewardkit/simulate
 */
export { simulateOptionsSchema, type SimulateOptions, type SimulateSettings } from './simulate-options.ts'
export { simulate, simulateToFile, type Grade, type SimulatedPair, type SimulationSummary } from './simulate.ts'
export { simulationVocabulary } from './text.ts'
