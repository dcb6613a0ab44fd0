import { join } from 'node:path'
import { locateNative } from '@rewardkit/torch/setup'
import { createTextReader } from '../analysis/text-features.ts'
import type { Hooks } from '../events.ts'
import { jsonLines, writeLinesAtomic } from '../files.ts'
import { analyse, type AnalysisContext } from '../analysis/analyse.ts'
import { growTable, type RewardTable } from '../analysis/reward-table.ts'
import type { SpooledGroups } from '../tokens/index.ts'
import { version } from '../version.ts'
import type { EvaluationData } from './evaluation-data.ts'
import type { EvaluationSummary } from './evaluation-summary.ts'
import { type RewardOptions, rewardRows, rewardsByMicroBatch, type RewardsOf } from './reward-pass.ts'
import { tellingTexts } from './telling-pairs.ts'
import { writeEvaluation } from './write-evaluation.ts'

/** How many pairs are kept with their texts. */
const textsKept = 500

/** What an evaluation found. */
export interface Evaluation {
  readonly table: RewardTable
  readonly summary: EvaluationSummary
}

/** The pairs of all groups with their rewards, with progress in pairs. */
export function evaluateGroups(
  rewardsOf: RewardsOf,
  { groups, pairs: total }: Pick<EvaluationData, 'groups' | 'pairs'>,
  options: RewardOptions,
  hooks: Hooks,
): RewardTable {
  const growing = growTable()
  const texts = createTextReader()
  let [done, reported] = [0, 0]
  const stoppable = { ...options, shouldStop: () => hooks.shouldStop() }
  for (const batch of rewardsByMicroBatch(rewardsOf, groups, (group) => group.tokens, stoppable)) {
    for (const { group, rewards } of batch) {
      for (const row of rewardRows(group, rewards, texts)) growing.add(row)
      done += group.preferences.length
    }
    if (done - reported < total / 20 && done < total) continue
    reported = done
    hooks.onEvent({ kind: 'progress', label: 'evaluating', done, total, unit: 'pairs' })
  }
  return growing.table()
}

/** The summary of an evaluation: all pairs, each subset, and where model and data came from. */
export function summarize(
  table: RewardTable,
  data: EvaluationData,
  model: NonNullable<EvaluationSummary['model']>,
  context: AnalysisContext = {},
): EvaluationSummary {
  return {
    schema_version: 2,
    versions: { rewardkit: version, node: process.versions.node, libtorch: locateNative().torchVersion },
    model,
    data: { path: data.path, sha256: data.sha256 },
    read: data.read,
    dropped: data.dropped,
    truncated: data.truncated,
    cut: data.cut,
    ...analyse(table, context),
  }
}

/** Writes what an evaluation found, each file atomically. */
export function writeModelEvaluation(
  folder: string,
  table: RewardTable,
  summary: EvaluationSummary,
  groups: SpooledGroups,
): void {
  writeEvaluation(folder, table, summary)
  writeLinesAtomic(join(folder, 'telling_pairs.jsonl'), jsonLines(tellingTexts(table, groups, textsKept)))
}
