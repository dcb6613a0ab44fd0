/**
 * Run folders read back and drawn as one HTML page. Loads no addon.
 * @module rewardkit/reports
 */
export { loadRun } from './load-run.ts'
export { renderMarginFigure } from './margin-picture.ts'
export { renderReport, type ReportSettings } from './report.ts'
export type { KnownTruth, PairTexts, ReportRun, RunEvaluation } from './report-run.ts'
export type { TruthFile } from './run-file-schemas.ts'
export { writeReport, type WriteSettings } from './write-report.ts'
