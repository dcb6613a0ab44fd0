export { simulateOptionsSchema, type SimulateSettings } from './options.ts'
export { simulate, type Grade, type SimulatedPair, type SimulationSummary } from './simulate.ts'
export { simulationVocabulary } from './text.ts'
