import { basename } from 'node:path'
import { at } from '../at.ts'
import { summarizePairs } from '../analysis/pair-summary.ts'
import { promptClusters, type RewardTable } from '../analysis/reward-table.ts'
import { meanOf } from '../statistics/intervals.ts'
import { holm } from '../statistics/paired-tests.ts'
import type { Interval, PairSummary } from '../statistics/types.ts'
import { type CellState, type Column, columnsOf, readCellState, readTestTable } from './cell-results.ts'
import { type Cell, gridOf } from './cells.ts'
import { chooseRate, type RateScore, scoreOf } from './choose-rate.ts'
import type { ArmEntry, DataEntry, Experiment, ModelEntry, RateRule } from './experiment-types.ts'
import { accuracyOf, differenceOf, type SeedValues, type TestedDifference } from './seeds.ts'

/** `results.json` of an experiment. */
export interface ExperimentResults {
  readonly schema_version: 1
  /** The name of its file. */
  readonly experiment: string
  readonly baseline: string
  readonly choose_by: RateRule
  readonly seeds: readonly number[]
  readonly cells: readonly CellResult[]
  readonly rates: readonly RateResult[]
  /** With each arm at its own best rate, and with all at that of the baseline, where the two differ. */
  readonly tables: readonly ResultTable[]
}

export interface CellResult {
  readonly model: string
  readonly data: string
  readonly arm: string
  readonly learning_rate: number
  readonly seed: number
  readonly folder: string
  readonly state: 'finished' | 'failed' | 'begun' | 'missing'
  readonly error: string | null
  readonly seconds: number | null
  readonly validation: Pick<PairSummary, 'pairs' | 'prompts' | 'accuracy' | 'log_loss_after_temperature'> | null
}

/** How the rate of one arm was chosen. */
export interface RateResult {
  readonly model: string
  readonly data: string
  readonly arm: string
  /** Null where cells are missing, or none has a score. */
  readonly own: number | null
  /** The best of the baseline. */
  readonly common: number | null
  /** Whether `own` is the smallest or the largest of the list. */
  readonly at_edge: boolean
  readonly scores: readonly { readonly learning_rate: number; readonly score: number | null }[]
}

export interface ResultTable {
  readonly rates: 'own' | 'common'
  readonly columns: readonly { readonly name: string; readonly data: string; readonly test: string | null }[]
  readonly rows: readonly ResultRow[]
  /** Differences among which Holm's correction was made. */
  readonly comparisons: number
}

/** A row: a model with an arm. */
export interface ResultRow {
  readonly model: string
  readonly arm: string
  /** By column; null where cells are missing or have failed. */
  readonly cells: readonly (ResultCell | null)[]
}

export interface ResultCell {
  readonly learning_rate: number
  readonly seeds: number
  readonly pairs: number
  readonly prompts: number
  readonly accuracy: Interval
  /** Means over the seeds. */
  readonly reward_margin_mean: number
  readonly mean_over_standard_deviation: number
  readonly log_loss: number
  readonly log_loss_after_temperature: number
  /** To the baseline; null for the baseline itself, and where the two have other pairs. */
  readonly difference: (TestedDifference & { readonly p_holm: number; readonly survives: boolean }) | null
}

/** An arm on a data set with a model: what has a rate of its own. */
interface Unit {
  readonly model: ModelEntry
  readonly data: DataEntry
  readonly arm: ArmEntry
}

/** A family is compared at this level after correction. */
const level = 0.05

/** Everything that the finished cells of an experiment show, whichever machine ran them. */
export function collectResults(experiment: Experiment, out: string): ExperimentResults {
  const states = gridOf(experiment).map((cell) => readCellState(out, cell))
  const { models, data, arms } = experiment
  const units = models.flatMap((model) => data.flatMap((set) => arms.map((arm) => ({ model, data: set, arm }))))
  const rates = units.map((unit) => rateOf(experiment, unit, states))
  const withCommon = rates.map((rate) => ({
    ...rate,
    common:
      rates.find((other) => other.model === rate.model && other.data === rate.data && other.arm === experiment.baseline)
        ?.own ?? null,
  }))
  const tableWith = (kind: 'own' | 'common') => tableOf(experiment, out, states, { rates: withCommon, kind })
  const isCommonElsewhere = withCommon.some(({ own, common }) => own !== common)
  return {
    schema_version: 1,
    experiment: basename(experiment.path),
    baseline: experiment.baseline,
    choose_by: experiment.chooseBy,
    seeds: experiment.seeds,
    cells: states.map(cellResult),
    rates: withCommon,
    tables: [tableWith('own'), ...(isCommonElsewhere ? [tableWith('common')] : [])],
  }
}

function cellResult({ cell, record, validation }: CellState): CellResult {
  return {
    model: cell.model.name,
    data: cell.data.name,
    arm: cell.arm.name,
    learning_rate: cell.learningRate,
    seed: cell.seed,
    folder: cell.folder,
    state: record?.state ?? 'missing',
    error: record?.error ?? null,
    seconds: record?.seconds ?? null,
    validation: validation && {
      pairs: validation.pairs,
      prompts: validation.prompts,
      accuracy: validation.accuracy,
      log_loss_after_temperature: validation.log_loss_after_temperature,
    },
  }
}

const isOf = ({ model, data, arm }: Unit, cell: Cell): boolean =>
  cell.model.name === model.name && cell.data.name === data.name && cell.arm.name === arm.name

function rateOf(experiment: Experiment, unit: Unit, states: readonly CellState[]): Omit<RateResult, 'common'> {
  const { learningRates, chooseBy } = experiment
  const own = states.filter(({ cell }) => isOf(unit, cell))
  const scores = learningRates.map((learningRate): RateScore => {
    const ofRate = own.filter(({ cell }) => cell.learningRate === learningRate)
    const values = ofRate.map(({ record, validation }) => {
      if (record?.state !== 'finished') return NaN
      if (learningRates.length === 1) return 0
      return validation ? scoreOf(validation, chooseBy) : NaN
    })
    return { learningRate, score: meanOf(values) }
  })
  const isOpen = own.some(({ record }) => record === null || record.state === 'begun')
  const chosen = isOpen ? null : chooseRate(scores, chooseBy)
  return {
    model: unit.model.name,
    data: unit.data.name,
    arm: unit.arm.name,
    own: chosen?.learningRate ?? null,
    at_edge: chosen?.isAtEdge ?? false,
    scores:
      learningRates.length === 1
        ? []
        : scores.map(({ learningRate, score }) => ({
            learning_rate: learningRate,
            score: Number.isNaN(score) ? null : score,
          })),
  }
}

/** What an arm at its rate came to in one column. */
interface Outcome {
  readonly learningRate: number
  readonly tables: readonly RewardTable[]
}

function tableOf(
  { models, data, arms, baseline }: Experiment,
  out: string,
  states: readonly CellState[],
  { rates, kind }: { readonly rates: readonly RateResult[]; readonly kind: 'own' | 'common' },
): ResultTable {
  const columns = columnsOf(data)
  const outcome = (model: ModelEntry, arm: ArmEntry, column: Column): Outcome | null => {
    const rate = rates.find((one) => one.model === model.name && one.data === column.data && one.arm === arm.name)?.[
      kind
    ]
    const set = data.find(({ name }) => name === column.data)
    if (rate === undefined || rate === null || !set) return null
    const cells = states.filter(({ cell }) => isOf({ model, data: set, arm }, cell) && cell.learningRate === rate)
    if (!cells.every(({ record }) => record?.state === 'finished')) return null
    return {
      learningRate: rate,
      tables: cells.map(({ cell }) => readTestTable(out, cell, column)),
    }
  }
  // Column by column, so that the rewards of only one are in memory.
  const byColumn = columns.map((column) =>
    models.flatMap((model) => {
      const base = arms.filter(({ name }) => name === baseline).map((arm) => outcome(model, arm, column))[0] ?? null
      return arms.map((arm) => {
        const found = arm.name === baseline ? base : outcome(model, arm, column)
        return found && { ...resultOf(found), tested: arm.name === baseline || !base ? null : compared(found, base) }
      })
    }),
  )
  const tested = byColumn.flat().flatMap((cell) => (cell?.tested ? [cell.tested] : []))
  const corrected = new Map(holm(tested.map(({ p }) => p)).map((p, index) => [tested[index], p]))
  const rows = models.flatMap((model) => arms.map((arm) => ({ model: model.name, arm: arm.name })))
  return {
    rates: kind,
    columns: columns.map(({ name, data: set, test }) => ({ name, data: set, test })),
    rows: rows.map((row, index) => ({
      ...row,
      cells: byColumn.map((column): ResultCell | null => {
        const cell = at(column, index)
        if (!cell) return null
        const { tested: difference, ...rest } = cell
        const p_holm = (difference && corrected.get(difference)) ?? NaN
        return { ...rest, difference: difference && { ...difference, p_holm, survives: p_holm <= level } }
      }),
    })),
    comparisons: tested.length,
  }
}

function resultOf({ learningRate, tables }: Outcome): Omit<ResultCell, 'difference'> {
  const summaries = tables.map((table) => summarizePairs(table))
  const [first] = tables
  return {
    learning_rate: learningRate,
    seeds: tables.length,
    pairs: first?.pairs ?? 0,
    prompts: first?.promptIds.length ?? 0,
    accuracy: accuracyOf(seedValues(tables)),
    reward_margin_mean: meanOf(summaries.map((summary) => summary.reward_margin.mean)),
    mean_over_standard_deviation: meanOf(
      summaries.map((summary) => summary.reward_margin.mean_over_standard_deviation),
    ),
    log_loss: meanOf(summaries.map((summary) => summary.log_loss)),
    log_loss_after_temperature: meanOf(summaries.map((summary) => summary.log_loss_after_temperature)),
  }
}

/** A tie is not correct. */
const correctIn = ({ margins }: RewardTable): Float64Array => margins.map((margin) => (margin > 0 ? 1 : 0))

/** The difference to the baseline, seed by seed; null where a seed has other pairs. */
function compared(arm: Outcome, base: Outcome): TestedDifference | null {
  if (!arm.tables.every((table, seed) => haveSamePairs(table, base.tables[seed]))) return null
  return differenceOf(seedValues(base.tables), seedValues(arm.tables))
}

function seedValues(tables: readonly RewardTable[]): SeedValues {
  const first = at(tables, 0)
  const areSame = tables.every((table) => haveSamePairs(table, first))
  return { bySeed: tables.map(correctIn), clusters: areSame ? promptClusters(first) : null }
}

const haveSamePairs = (one: RewardTable, other: RewardTable | undefined): boolean =>
  one.pairs === other?.pairs && one.ids.every((id, pair) => id === other.ids[pair])
