/**
 * What is in preference data, before anyone trains on them. Loads no addon.
 * @module rewardkit/inspect
 */
export { inspectData, type Example, type Inspection } from './inspect.ts'
export type { Languages } from './languages.ts'
export type { LongerCounts } from './longer.ts'
export { inspectOptionsSchema, type InspectOptions } from './inspect-options.ts'
export type { Repeats } from './repeats.ts'
export type { Distribution } from './series.ts'
export type { ShownToken, TokenCounts, TokenExample } from './tokens.ts'
