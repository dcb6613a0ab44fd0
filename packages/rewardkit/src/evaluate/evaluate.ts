import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@rewardkit/torch'
import { locateNative } from '@rewardkit/torch/setup'
import { defaultThreads, resolveDtype } from '../compute-options.ts'
import { evaluationSplits, openData, spoolRows, surveyPreferences } from '../data/index.ts'
import { counted } from '../counted.ts'
import { InputError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { jsonLines, makeWritableFolder, sha256Folder, writeLinesAtomic } from '../files.ts'
import { findModel } from '../models/index.ts'
import { createReadingTally, createSpool, type Spool, type SpooledGroups } from '../tokens/index.ts'
import { version } from '../version.ts'
import { droppedText, encodeEvaluation, type EvaluationData } from '../rewards/evaluation-data.ts'
import { type OpenedModel, openRewardModel } from '../rewards/open-model.ts'
import type { EvaluateOptions } from './evaluate-options.ts'
import {
  rewardsByMicroBatch,
  type RewardOptions,
  rewardRows,
  type RewardsOf,
  wholeModel,
} from '../rewards/reward-pass.ts'
import { summarizePairs, summarizeSubsets } from '../statistics/summary.ts'
import type { EvaluationSummary, RewardRow } from '../statistics/types.ts'
import { worstPairs } from '../rewards/worst-pairs.ts'
import { writeEvaluation } from '../rewards/write-evaluation.ts'

/** How many of the worst-ranked pairs are kept with their texts. */
const worstPairsKept = 20

/** What an evaluation found. */
export interface Evaluation {
  readonly rows: readonly RewardRow[]
  readonly summary: EvaluationSummary
}

/**
 * Evaluates a saved reward model on a preference file and writes `rewards.jsonl`, `summary.json` and
 * `worst_pairs.jsonl` into the folder. Texts are read as the model was trained to read them.
 * @param rows JSON lines in place of a file: written to where `options.data` says
 * @throws InputError for what is wrong with folder, data or model; Interrupted on request
 */
export async function evaluateModel(
  options: EvaluateOptions,
  hooks: Hooks,
  rows?: Iterable<string>,
): Promise<Evaluation> {
  const { folder } = await findModel(options.model, hooks)
  prepareFolder(options)
  setThreads(options.threads ?? defaultThreads())
  const opened = await openRewardModel(folder, options, hooks)
  spoolRows(options.data, rows, false, hooks)
  const spool = createSpool(options.out)
  try {
    return await evaluateFile(folder, opened, options, spool, hooks)
  } finally {
    spool.close()
  }
}

async function evaluateFile(
  folder: string,
  { model, tokenizer, overridden }: OpenedModel,
  options: EvaluateOptions,
  spool: Spool,
  hooks: Hooks,
): Promise<Evaluation> {
  const opened = await openData(options.data, options, evaluationSplits, hooks)
  const readings = createReadingTally(tokenizer, model.reading)
  const survey = await surveyPreferences(opened, options.limit, (group) => readings.add(group))
  readings.tell(options.data, hooks)
  const reading = { ...model.reading, trainedBy: model.truncationRule }
  const data = await encodeEvaluation(survey, tokenizer, reading, spool, hooks, options.onError)
  const left = droppedText(data.dropped)
  const used = `${counted(data.read, 'pair')} read, ${data.pairs} to evaluate on${left}`
  if (left !== '') hooks.onEvent(logLine(`${data.path}: ${used}`))
  const sha256 = await sha256Folder(folder)
  const dtype = resolveDtype(options.dtype)
  const rows = evaluateGroups(wholeModel(model, dtype), data, options, hooks)
  const summary = summarize(rows, data, {
    path: folder,
    sha256,
    dtype,
    pool: model.reading.pool,
    ...(Object.keys(overridden).length > 0 && { overridden }),
    ...(tokenizer.files.templateDate && { template_date: tokenizer.files.templateDate.day }),
  })
  writeModelEvaluation(options.out, rows, summary, data.groups)
  return { rows, summary }
}

/** The rows of all groups, with progress told in pairs. */
export function evaluateGroups(
  rewardsOf: RewardsOf,
  { groups, pairs: total }: Pick<EvaluationData, 'groups' | 'pairs'>,
  options: RewardOptions,
  hooks: Hooks,
): RewardRow[] {
  const rows: RewardRow[] = []
  let told = 0
  const stoppable = { ...options, shouldStop: () => hooks.shouldStop() }
  for (const batch of rewardsByMicroBatch(rewardsOf, groups, (group) => group.tokens, stoppable)) {
    for (const { group, rewards } of batch) rows.push(...rewardRows(group, rewards))
    if (rows.length - told < total / 20 && rows.length < total) continue
    told = rows.length
    hooks.onEvent({ kind: 'progress', label: 'evaluating', done: told, total, unit: 'pairs' })
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

function prepareFolder({ out, overwrite }: EvaluateOptions): void {
  if (existsSync(join(out, 'summary.json')) && !overwrite)
    throw new InputError(`--out ${out} already holds an evaluation`, {
      remedy: 'name another folder, or give --overwrite',
    })
  makeWritableFolder(out)
}
