import { join } from 'node:path'
import { jsonLines, writeFileAtomic, writeLinesAtomic } from '../files.ts'
import { makeFolder } from '../folders.ts'
import { type RewardTable, rowsOf } from '../analysis/reward-table.ts'
import { suspiciousPairs } from '../analysis/suspicious.ts'
import type { EvaluationSummary } from './evaluation-summary.ts'

/**
 * Writes `rewards.jsonl` (a line for each pair), `suspicious.jsonl` and `summary.json` into the folder, each atomically, the summary last.
 * Undefined values (NaN) are null in the files.
 */
export function writeEvaluation(folder: string, table: RewardTable, summary: EvaluationSummary): void {
  makeFolder(folder)
  writeLinesAtomic(join(folder, 'rewards.jsonl'), jsonLines(rowsOf(table)))
  if (summary.label_noise)
    writeLinesAtomic(join(folder, 'suspicious.jsonl'), jsonLines(suspiciousPairs(table, summary.label_noise).rows()))
  writeFileAtomic(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
}
