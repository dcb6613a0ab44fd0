import { join } from 'node:path'
import { makeFolder, writeFileAtomic } from '../files.ts'
import type { EvaluationSummary, RewardRow } from './types.ts'

/**
 * Writes `rewards.jsonl` (a line for each pair) and `summary.json` into the folder, each atomically, the summary last.
 * What is not defined (NaN) is null in the files.
 */
export function writeEvaluation(folder: string, rows: readonly RewardRow[], summary: EvaluationSummary): void {
  makeFolder(folder)
  writeFileAtomic(join(folder, 'rewards.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  writeFileAtomic(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
}
