import { existsSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parse } from 'yaml'

import { analyse } from '../analysis/analyse.ts'
import { type RewardTable, tableOf } from '../analysis/reward-table.ts'
import { InputError } from '../errors.ts'
import { command, phrase } from '../phrase.ts'
import { checked, firstLine, readJson, readLines, readText } from '../json-files.ts'
import type { KnownTruth, ReportRun, RunEvaluation } from './report-run.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { evaluationSummarySchema, rewardRowSchema } from '../rewards/evaluation-schemas.ts'
import { configSchema, metricsLineSchema, tellingPairSchema, truthSchema } from './run-file-schemas.ts'

/**
 * Reads what a report needs from a run folder, or from a folder that `rewardkit evaluate` wrote. Parts that are missing
 * stay empty: a run may have no evaluation yet, an evaluation no training.
 *
 * @throws {InputError} where the folder is none of both, or one of its files cannot be read as what it should be.
 */
export function loadRun(folder: string): ReportRun {
  if (!existsSync(folder))
    throw new InputError(`${folder}: no such folder`, { remedy: 'give a run folder that rewardkit train wrote' })
  if (!statSync(folder).isDirectory()) {
    throw new InputError(`${folder}: is a file`, { remedy: 'give the run folder that rewardkit train wrote' })
  }
  const files = {
    config: join(folder, 'config.yaml'),
    metrics: join(folder, 'metrics.jsonl'),
    evaluation: existsSync(join(folder, 'summary.json')) ? folder : join(folder, 'evaluation'),
  }
  const summary = join(files.evaluation, 'summary.json')
  if (![files.config, files.metrics, summary].some((file) => existsSync(file))) {
    throw new InputError(`${folder}: holds no config.yaml, metrics.jsonl or summary.json`, {
      remedy: 'give a folder that rewardkit train or evaluate wrote',
    })
  }
  const config = existsSync(files.config) ? readConfig(files.config) : {}
  let isCut = false
  const onCut = () => {
    isCut = true
  }
  const metrics = existsSync(files.metrics) ? [...readLines(files.metrics, metricsLineSchema, { onCut })] : []
  const latest = [summary, files.metrics].find((file) => existsSync(file))
  const truth = join(files.evaluation, 'truth.json')
  return {
    name: basename(resolve(folder)),
    objective: typeof config['objective'] === 'string' ? config['objective'] : 'unknown',
    config,
    metrics,
    ...(latest !== undefined && { date: statSync(latest).mtime.toISOString().slice(0, 10) }),
    ...(existsSync(summary) ? { evaluation: readEvaluation(files.evaluation) } : {}),
    ...(existsSync(truth) ? { truth: readTruth(truth) } : {}),
    ...(isCut
      ? { note: 'The last line of metrics.jsonl is incomplete and left out: the run is still going or was cut off.' }
      : {}),
  }
}

function readEvaluation(folder: string): RunEvaluation {
  const rewards = join(folder, 'rewards.jsonl')
  if (!existsSync(rewards)) {
    throw new InputError(`${rewards}: missing beside summary.json`, {
      remedy: phrase`evaluate again with ${command('evaluate')}`,
    })
  }
  const summary = readJson(join(folder, 'summary.json'), evaluationSummarySchema)
  const table = tableOf(readLines(rewards, rewardRowSchema))
  if (table.pairs !== summary.pairs) {
    throw new InputError(`${rewards}: ${table.pairs} pairs, where summary.json counts ${summary.pairs}`, {
      remedy: phrase`evaluate again with ${command('evaluate')}`,
    })
  }
  const texts = textFiles.map((name) => join(folder, name)).find((file) => existsSync(file))
  const found = { summary: withBlocks(summary, table), table }
  if (texts === undefined) return found
  return { ...found, texts: new Map(Array.from(readLines(texts, tellingPairSchema), (pair) => [pair.id, pair])) }
}

/** A summary of an earlier version with what it does not say of its pairs. */
function withBlocks(summary: EvaluationSummary, table: RewardTable): EvaluationSummary {
  const isComplete = [summary.margin_distribution, summary.claims, summary.calibration, summary.confounds].every(
    (block) => block !== undefined,
  )
  return isComplete || !table.margins.every(Number.isFinite) ? summary : { ...analyse(table), ...summary }
}

/** Where the texts of pairs are; the second is what versions before telling pairs wrote. */
const textFiles = ['telling_pairs.jsonl', 'worst_pairs.jsonl']

function readTruth(path: string): KnownTruth {
  const truth = readJson(path, truthSchema)
  return {
    trueMargin: new Map(Object.entries(truth.true_margin)),
    ...(truth.best_achievable_accuracy === undefined ? {} : { bestAchievableAccuracy: truth.best_achievable_accuracy }),
    ...(truth.accuracy_on_true_labels === undefined ? {} : { accuracyOnTrueLabels: truth.accuracy_on_true_labels }),
    ...(truth.rank_correlation === undefined ? {} : { rankCorrelation: truth.rank_correlation }),
  }
}

function readConfig(path: string): Record<string, unknown> {
  const text = readText(path)
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new InputError(`${path}: is not YAML (${firstLine(error)})`, {
      remedy: 'restore the file that rewardkit train wrote',
    })
  }
  return checked(path, value ?? {}, configSchema)
}
