import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@rewardkit/torch'
import { locateNative } from '@rewardkit/torch/setup'
import { defaultThreads, resolveDtype } from '../compute.ts'
import { badLinesMessage, type Group, readPreferences } from '../data/index.ts'
import { InputError } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { jsonLines, makeWritableFolder, sha256Folder, writeLinesAtomic } from '../files.ts'
import { loadRewardModel, modelFolder, type RewardModel } from '../models/index.ts'
import { countPreferences, type EncodedGroup, encodePreferences, loadTokenizer } from '../tokens/index.ts'
import { version } from '../version.ts'
import type { EvaluateOptions } from './options.ts'
import { computeRewards, type RewardOptions, rewardRows } from './rewards.ts'
import { summarizePairs, summarizeSubsets } from './summary.ts'
import type { EvaluationSummary, RewardRow } from './types.ts'
import { worstPairs } from './worst-pairs.ts'
import { writeEvaluation } from './write.ts'

/** How many of the worst-ranked pairs are kept with their texts. */
const worstPairsKept = 20

/** A preference file ready to be evaluated: the texts, the ids, and what was left out on the way. */
export interface EvaluationData {
  readonly path: string
  readonly sha256: string
  /** Groups with their texts, for the worst-ranked pairs. */
  readonly texts: readonly Group[]
  readonly groups: readonly EncodedGroup[]
  readonly read: number
  readonly dropped: Readonly<Record<string, number>>
  readonly truncated: number
}

/** What an evaluation found. */
export interface Evaluation {
  readonly rows: readonly RewardRow[]
  readonly summary: EvaluationSummary
}

/**
 * Evaluates a saved reward model on a preference file and writes `rewards.jsonl`, `summary.json` and
 * `worst_pairs.jsonl` into the folder. Texts are read as the model was trained to read them.
 * @throws InputError for what is wrong with folder, data or model; Interrupted on request
 */
export async function evaluateModel(options: EvaluateOptions, hooks: Hooks): Promise<Evaluation> {
  const folder = modelFolder(options.model)
  prepareFolder(options)
  const threads = options.threads ?? defaultThreads()
  setThreads(threads)
  const tokenizer = await loadTokenizer(folder)
  const model = loadRewardModel(folder, { seed: null })
  const preferences = await readPreferences(options.data, options)
  if (preferences.firstBadLine !== undefined) hooks.onEvent({ kind: 'warning', message: badLinesMessage(preferences) })
  const encoded = await encodePreferences(preferences.groups, tokenizer, model.reading)
  const data: EvaluationData = {
    path: options.data,
    sha256: preferences.sha256,
    texts: preferences.groups,
    groups: encoded.groups,
    read: preferences.read,
    dropped: addCounts(preferences.dropped, encoded.dropped),
    truncated: encoded.truncated,
  }
  if (countPreferences(data.groups) === 0)
    throw new InputError(`${data.path}: no pair is left to evaluate${droppedText(data.dropped)}`)
  const sha256 = await sha256Folder(folder)
  const dtype = resolveDtype(options.dtype)
  const rows = evaluateGroups(model, data.groups, { microBatchTokens: options.microBatchTokens, dtype }, hooks)
  const summary = summarize(rows, data, {
    path: folder,
    sha256,
    dtype,
    pool: model.reading.pool,
  })
  writeModelEvaluation(options.out, rows, summary, data.texts)
  return { rows, summary }
}

/** The rows of some groups, with progress told in pairs. */
export function evaluateGroups(
  model: RewardModel,
  groups: readonly EncodedGroup[],
  options: RewardOptions,
  hooks: Hooks,
): RewardRow[] {
  const total = countPreferences(groups)
  let counted = 0
  let pairs = 0
  let told = 0
  const rewards = computeRewards(
    model,
    groups.map((group) => group.tokens),
    {
      ...options,
      shouldStop: () => hooks.shouldStop(),
      onProgress: (done) => {
        pairs += countPreferences(groups.slice(counted, done))
        counted = done
        if (pairs - told < total / 20 && done < groups.length) return
        told = pairs
        hooks.onEvent({ kind: 'progress', label: 'evaluating', done: pairs, total, unit: 'pairs' })
      },
    },
  )
  return rewardRows(groups, rewards)
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
    ...summarizePairs(rows),
    subsets: summarizeSubsets(rows),
  }
}

/** Writes what an evaluation found, each file atomically. */
export function writeModelEvaluation(
  folder: string,
  rows: readonly RewardRow[],
  summary: EvaluationSummary,
  texts: readonly Group[],
): void {
  writeEvaluation(folder, rows, summary)
  writeLinesAtomic(join(folder, 'worst_pairs.jsonl'), jsonLines(worstPairs(rows, texts, worstPairsKept)))
}

function prepareFolder({ out, overwrite }: EvaluateOptions): void {
  if (existsSync(join(out, 'summary.json')) && !overwrite)
    throw new InputError(`--out ${out} already holds an evaluation: name another folder, or give --overwrite`)
  makeWritableFolder(out)
}

export function addCounts(...counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const one of counts) for (const [name, count] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** `, 3 dropped (2 identical_tokens, 1 too_long)`, or nothing. */
export function droppedText(byReason: Readonly<Record<string, number>>): string {
  const present = Object.entries(byReason).filter(([, count]) => count > 0)
  const total = present.reduce((sum, [, count]) => sum + count, 0)
  return total === 0 ? '' : `, ${total} dropped (${present.map(([reason, count]) => `${count} ${reason}`).join(', ')})`
}
