import { join } from 'node:path'
import { locateNative } from '@rewardkit/torch/setup'
import { createTextReader } from '../analysis/text-features.ts'
import type { Hooks } from '../events.ts'
import { jsonLines, writeLinesAtomic } from '../files.ts'
import { summarizePairs, summarizeSubsets } from '../statistics/summary.ts'
import type { RewardRow } from '../statistics/types.ts'
import type { SpooledGroups } from '../tokens/index.ts'
import { version } from '../version.ts'
import type { EvaluationData } from './evaluation-data.ts'
import type { EvaluationSummary } from './evaluation-summary.ts'
import { type RewardOptions, rewardRows, rewardsByMicroBatch, type RewardsOf } from './reward-pass.ts'
import { worstPairs } from './worst-pairs.ts'
import { writeEvaluation } from './write-evaluation.ts'

/** How many of the worst-ranked pairs are kept with their texts. */
const worstPairsKept = 20

/** What an evaluation found. */
export interface Evaluation {
  readonly rows: readonly RewardRow[]
  readonly summary: EvaluationSummary
}

/** The rows of all groups, with progress in pairs. */
export function evaluateGroups(
  rewardsOf: RewardsOf,
  { groups, pairs: total }: Pick<EvaluationData, 'groups' | 'pairs'>,
  options: RewardOptions,
  hooks: Hooks,
): RewardRow[] {
  const rows: RewardRow[] = []
  const texts = createTextReader()
  let reported = 0
  const stoppable = { ...options, shouldStop: () => hooks.shouldStop() }
  for (const batch of rewardsByMicroBatch(rewardsOf, groups, (group) => group.tokens, stoppable)) {
    for (const { group, rewards } of batch) rows.push(...rewardRows(group, rewards, texts))
    if (rows.length - reported < total / 20 && rows.length < total) continue
    reported = rows.length
    hooks.onEvent({ kind: 'progress', label: 'evaluating', done: reported, total, unit: 'pairs' })
  }
  return rows
}

/** The summary of an evaluation: all pairs, each subset, and where model and data came from. */
export function summarize(
  rows: readonly RewardRow[],
  data: EvaluationData,
  model: EvaluationSummary['model'],
): EvaluationSummary {
  return {
    schema_version: 1,
    versions: { rewardkit: version, node: process.versions.node, libtorch: locateNative().torchVersion },
    model,
    data: { path: data.path, sha256: data.sha256 },
    read: data.read,
    dropped: data.dropped,
    truncated: data.truncated,
    cut: data.cut,
    ...summarizePairs(rows),
    subsets: summarizeSubsets(rows),
  }
}

/** Writes what an evaluation found, each file atomically. */
export function writeModelEvaluation(
  folder: string,
  rows: readonly RewardRow[],
  summary: EvaluationSummary,
  groups: SpooledGroups,
): void {
  writeEvaluation(folder, rows, summary)
  writeLinesAtomic(join(folder, 'worst_pairs.jsonl'), jsonLines(worstPairs(rows, groups, worstPairsKept)))
}
