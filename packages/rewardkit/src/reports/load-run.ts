import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parse } from 'yaml'
import type { z } from 'zod'

import { InputError } from '../errors.ts'
import { command, phrase } from '../phrase.ts'
import type { KnownTruth, ReportRun, RunEvaluation } from './report-run.ts'
import { evaluationSummarySchema, rewardRowSchema } from '../rewards/evaluation-schemas.ts'
import { configSchema, metricsLineSchema, truthSchema, worstPairSchema } from './run-file-schemas.ts'

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
  const metrics = existsSync(files.metrics) ? readLines(files.metrics, metricsLineSchema) : { values: [], cut: false }
  const truth = join(files.evaluation, 'truth.json')
  return {
    name: basename(resolve(folder)),
    objective: typeof config['objective'] === 'string' ? config['objective'] : 'unknown',
    config,
    metrics: metrics.values,
    ...(existsSync(summary) ? { evaluation: readEvaluation(files.evaluation) } : {}),
    ...(existsSync(truth) ? { truth: readTruth(truth) } : {}),
    ...(metrics.cut
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
  const rows = readLines(rewards, rewardRowSchema).values
  if (rows.length !== summary.pairs) {
    throw new InputError(`${rewards}: ${rows.length} pairs, where summary.json counts ${summary.pairs}`, {
      remedy: phrase`evaluate again with ${command('evaluate')}`,
    })
  }
  const worst = join(folder, 'worst_pairs.jsonl')
  if (!existsSync(worst)) return { summary, rows }
  return { summary, rows, texts: new Map(readLines(worst, worstPairSchema).values.map((pair) => [pair.id, pair])) }
}

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
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InputError(`${path}: is not YAML (${firstLine(error)})`, {
      remedy: 'restore the file that rewardkit train wrote',
    })
  }
  return checked(path, value ?? {}, configSchema)
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  return checked(path, parsed(path, readFileSync(path, 'utf8')), schema)
}

/** Checked lines; `cut` where the last one has no end and is not whole, as while a run writes it. */
function readLines<T>(path: string, schema: z.ZodType<T>): { values: T[]; cut: boolean } {
  const lines = readFileSync(path, 'utf8').split('\n')
  const rest = lines.pop() ?? ''
  const cut = rest !== '' && !isJson(rest)
  if (rest !== '' && !cut) lines.push(rest)
  const values = lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const place = `${path}, line ${index + 1}`
    return [checked(place, parsed(place, line), schema)]
  })
  return { values, cut }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function parsed(place: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(`${place}: is not JSON (${firstLine(error)})`, {
      remedy: 'restore the file that rewardkit wrote',
    })
  }
}

function checked<T>(place: string, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.join('.')
  const where = field ? `field ${field}: ` : ''
  throw new InputError(`${place}: ${where}${issue?.message ?? 'unexpected content'}`, {
    remedy: 'restore the file that rewardkit wrote',
  })
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '') ?? ''
}
