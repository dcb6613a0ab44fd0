import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  type EvaluationSummary,
  formatNumber,
  formatShare,
  formatColumns,
  type Interval,
  type RewardTable,
  spearmanCorrelation,
  summaryLines,
  trueLabelAccuracy,
} from '../evaluate/index.ts'
import { InputError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { writeFileAtomic } from '../files.ts'
import { isLockFile, makeFolder } from '../folders.ts'
import { option, phrase } from '../phrase.ts'
import type { ObjectiveName } from '../objectives/index.ts'
import { type SimulatedPair, simulate } from '../simulate/index.ts'
import { trainOptionsSchema } from '../train/train-options.ts'
import { train } from '../train/train.ts'
import { createSimulationModel } from './simulation-model.ts'
import type { QuickstartOptions } from './quickstart-options.ts'

const objectives = ['bradley-terry', 'annotated-margin', 'adaptive-margin'] as const satisfies readonly ObjectiveName[]

/** What the quickstart removes before it begins again, besides the model that it replaces; all else in the folder stays. */
const contents = ['pairs.jsonl', ...objectives, 'report.html']

/** What is known of the held-out pairs beyond their labels, and how a model did by it. */
interface Truth {
  readonly bestAchievableAccuracy: number
  readonly accuracyOnTrueLabels: Interval
  readonly rankCorrelation: number
}

/** What the quickstart found: a table for the terminal, and the run folders for a report. */
export interface QuickstartResult {
  readonly table: string
  readonly runs: readonly string[]
}

/**
 * The whole workflow on data whose truth is known. It simulates pairs with 10 % of the labels flipped, and trains a
 * small transformer from scratch with three objectives. All three start from the same weights, order and seed. Then it
 * compares them on held-out prompts with labels and with the truth.
 */
export async function quickstart(options: QuickstartOptions, hooks: Hooks): Promise<QuickstartResult> {
  const { out, seed, short } = options
  makeFolder(out)
  const present = readdirSync(out).filter((name) => !isLockFile(name))
  if (present.length > 0 && !present.includes('untrained-model'))
    throw new InputError(phrase`${option('out')} ${out} is not empty and does not hold an earlier quickstart`, {
      remedy: 'name another folder',
    })
  // Made first and never removed: it is what a later quickstart knows the folder by.
  const model = join(out, 'untrained-model')
  makeFolder(model)
  for (const name of contents) rmSync(join(out, name), { recursive: true, force: true })
  const { pairs } = simulate({ pairs: short ? 3000 : 18_000, noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5, seed })
  const data = join(out, 'pairs.jsonl')
  writeFileAtomic(data, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''))
  createSimulationModel(model, { seed })

  const runs: string[] = []
  const columns: { name: string; summary: EvaluationSummary; truth: Truth }[] = []
  for (const objective of objectives) {
    hooks.onEvent(logLine(`training with ${objective}`))
    const run = join(out, objective)
    const { evaluation } = await train(
      trainOptionsSchema.parse({
        ...settings,
        model,
        data,
        out: run,
        objective,
        seed,
        threads: options.threads,
      }),
      hooks,
    )
    if (!evaluation) throw new Error('the quickstart holds pairs out')
    const truth = compareWithTruth(run, evaluation.table, pairs)
    columns.push({ name: objective, summary: evaluation.summary, truth })
    runs.push(run)
  }
  return { table: table(columns), runs }
}

/** Found by trying on the simulated pairs (docs/log.md): what a small transformer learns them with in five hundred steps. */
const settings = {
  evalFraction: 1 / 9,
  batchSize: 32,
  microBatchTokens: 8192,
  epochs: 1,
  learningRate: 2e-3,
  schedule: 'linear',
  warmupSteps: 50,
  maxLength: 128,
  dtype: 'float32',
} as const

/** Measures the margins of a run by the true ones, and leaves `evaluation/truth.json` for the report. */
function compareWithTruth(run: string, rewards: RewardTable, pairs: readonly SimulatedPair[]): Truth {
  const known = new Map(pairs.map((pair) => [pair.id, pair.meta]))
  const trueMargins = rewards.ids.map((id) => known.get(id)?.true_margin ?? NaN)
  const best = rewards.ids.map((id) => {
    const probability = known.get(id)?.label_probability ?? NaN
    return Math.max(probability, 1 - probability)
  })
  const truth: Truth = {
    bestAchievableAccuracy: best.reduce((sum, value) => sum + value, 0) / best.length,
    accuracyOnTrueLabels: trueLabelAccuracy(rewards, trueMargins),
    rankCorrelation: spearmanCorrelation(rewards.margins, trueMargins),
  }
  const file = {
    schema_version: 1,
    true_margin: Object.fromEntries(rewards.ids.map((id, i) => [id, trueMargins[i]])),
    best_achievable_accuracy: truth.bestAchievableAccuracy,
    accuracy_on_true_labels: truth.accuracyOnTrueLabels,
    rank_correlation: truth.rankCorrelation,
  }
  writeFileAtomic(join(run, 'evaluation', 'truth.json'), `${JSON.stringify(file, null, 2)}\n`)
  return truth
}

function table(columns: readonly { name: string; summary: EvaluationSummary; truth: Truth }[]): string {
  const truthLines = [
    {
      label: 'accuracy on true labels %',
      cell: ({ accuracyOnTrueLabels }: Truth) => formatShare(accuracyOnTrueLabels),
    },
    {
      label: 'best achievable accuracy %',
      cell: ({ bestAchievableAccuracy }: Truth) => (100 * bestAchievableAccuracy).toFixed(1),
    },
    {
      label: 'rank correlation with the true margin',
      cell: ({ rankCorrelation }: Truth) => formatNumber(rankCorrelation),
    },
  ]
  return formatColumns(
    ['', ...columns.map(({ name }) => name)],
    [
      ...truthLines.map(({ label, cell }) => [label, ...columns.map(({ truth }) => cell(truth))]),
      ...summaryLines.map(({ label, cell }) => [label, ...columns.map(({ summary }) => cell(summary))]),
    ],
  )
}
