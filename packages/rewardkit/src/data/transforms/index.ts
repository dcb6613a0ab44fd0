export { convertData } from './convert.ts'
export { dedupeData } from './dedupe.ts'
export { filterData } from './filter.ts'
export { findLeakage, type LeakedRow, type Leakage, type LeakageMatch } from './leakage.ts'
export { mixData } from './mix.ts'
export {
  convertOptionsSchema,
  dedupeOptionsSchema,
  filterOptionsSchema,
  leakageOptionsSchema,
  mixOptionsSchema,
  splitOptionsSchema,
  type ConvertOptions,
  type DedupeOptions,
  type FilterOptions,
  type LeakageOptions,
  type MixOptions,
  type SplitOptions,
} from './transform-options.ts'
export type { OutputCounts } from './output.ts'
export { sourceRecords, type Provenance, type SourceRecord } from './provenance.ts'
export type { ReadCounts } from './reading.ts'
export { splitData } from './split.ts'
export type { TransformResult } from './transform.ts'
