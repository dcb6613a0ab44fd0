import { join } from 'node:path'
import { jsonLines, writeFileAtomic, writeLinesAtomic } from '../files.ts'
import { makeFolder } from '../folders.ts'
import type { RewardRow } from '../statistics/types.ts'
import type { EvaluationSummary } from './evaluation-summary.ts'

/**
 * Writes `rewards.jsonl` (a line for each pair) and `summary.json` into the folder, each atomically, the summary last.
 * Undefined values (NaN) are null in the files.
 */
export function writeEvaluation(folder: string, rows: readonly RewardRow[], summary: EvaluationSummary): void {
  makeFolder(folder)
  writeLinesAtomic(join(folder, 'rewards.jsonl'), jsonLines(rows))
  writeFileAtomic(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
}
