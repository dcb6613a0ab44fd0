import type { Hooks } from '../events.ts'
import { memoryOf, type ModelSize, sizeOfModel } from './model-size.ts'
import { type Cell, gridOf, ofShard, trainOptionsOf } from './cells.ts'
import { type DataSize, sizesOf } from './data-size.ts'
import { readExperiment } from './experiment-file.ts'
import { type ExperimentOptions, parseShard } from './experiment-options.ts'
import type { TrainOptions } from '../train/train-options.ts'

/** What the cells of one model on one data set would do, and an estimate of what they would take. */
export interface PlannedPart {
  readonly model: string
  readonly data: string
  readonly cells: number
  /** Null where nothing says how many rows there are. */
  readonly pairs: number | null
  readonly testPairs: number | null
  /** Optimizer steps of one cell. */
  readonly steps: number | null
  /** Tokens of one pass over the training pairs, prompts counted once. */
  readonly tokens: number | null
  /** Floating-point operations of all its cells. */
  readonly operations: number | null
  readonly memoryBytes: number | null
  /** What stays on the disk of all its cells. */
  readonly diskBytes: number | null
}

/** What an experiment would do. Plain data; everything but counts is an estimate. */
export interface ExperimentPlan {
  readonly cells: number
  readonly parts: readonly PlannedPart[]
  readonly models: readonly { readonly name: string; readonly parameters: number | null }[]
  /** Floating-point operations per second, and whether this machine was measured; null where neither is known. */
  readonly speed: { readonly operationsPerSecond: number; readonly isMeasured: boolean } | null
  /** Of all parts whose sizes are known, by the speed. */
  readonly hours: number | null
  /** Names that could not be checked, and why. */
  readonly unchecked: readonly string[]
  readonly assumptions: readonly string[]
}

const assumptions = [
  'A token has 4 characters; a prompt is counted once for both responses, and a pair has at most twice the longest sequence.',
  'A token costs 6 operations for each weight of the trained layers and 2 in frozen ones and in evaluations. Attention, embeddings and saving are left out.',
  'Hidden states of frozen layers are computed once for each model and data set.',
  'Memory has weights, gradients, two moments in float32, and 34 bytes (68 in float32) of activations for each token of a micro-batch, hidden unit and layer.',
]

/**
 * Says what an experiment would do, without weights: models by their config.json, data by their card on the hub or by
 * reading local files. Names that cannot be checked, as without a network, are listed.
 * @param measureSpeed measures this machine where no speed is given
 * @throws InputError for faults of the file; Interrupted on request
 */
export async function planExperiment(
  options: Pick<ExperimentOptions, 'file' | 'out' | 'shard' | 'speed'>,
  measureSpeed: () => Promise<number>,
  hooks: Hooks,
): Promise<ExperimentPlan> {
  const experiment = readExperiment(options.file)
  const cells = ofShard(gridOf(experiment), parseShard(options.shard))
  const unchecked = new Map<string, string>()
  const miss = (name: string, reason: string) => void unchecked.set(name, reason)
  const models = new Map<string, ModelSize | null>()
  const parts: PlannedPart[] = []
  for (const group of groupsOf(cells)) {
    const [first] = group
    if (!first) continue
    const { model, data } = first
    if (!models.has(model.name)) models.set(model.name, await sizeOfModel(experiment, first, miss, hooks))
    const size = await sizesOf(experiment, first, miss, hooks)
    parts.push(
      plannedPart(experiment.keepModels, group, {
        size,
        model: models.get(model.name) ?? null,
        optionsOf: (cell) =>
          trainOptionsOf(experiment, cell, { data: data.data, evalData: undefined, testData: '' }, options.out),
      }),
    )
  }
  const speed =
    options.speed === undefined
      ? await measured(measureSpeed, miss)
      : { operationsPerSecond: options.speed, isMeasured: false }
  const operations = parts.flatMap((part) => part.operations ?? [])
  const sum = operations.reduce((all, one) => all + one, 0)
  return {
    cells: cells.length,
    parts,
    models: [...models].map(([name, size]) => ({ name, parameters: size?.parameters ?? null })),
    speed,
    hours: speed && operations.length > 0 ? sum / speed.operationsPerSecond / 3600 : null,
    unchecked: [...unchecked].map(([name, reason]) => `${name}: ${reason}`),
    assumptions,
  }
}

const keyOf = ({ model, data }: Cell): string => JSON.stringify([model.name, data.name])

/** The cells of each model on each data set. */
function groupsOf(cells: readonly Cell[]): Cell[][] {
  const groups = new Map<string, Cell[]>()
  for (const cell of cells) groups.set(keyOf(cell), [...(groups.get(keyOf(cell)) ?? []), cell])
  return [...groups.values()]
}

async function measured(measureSpeed: () => Promise<number>, miss: (name: string, reason: string) => void) {
  try {
    return { operationsPerSecond: await measureSpeed(), isMeasured: true }
  } catch (error) {
    miss('the speed of this machine', error instanceof Error ? error.message : String(error))
    return null
  }
}

function plannedPart(
  keepModels: boolean,
  cells: readonly Cell[],
  known: {
    readonly size: DataSize
    readonly model: ModelSize | null
    readonly optionsOf: (cell: Cell) => TrainOptions
  },
): PlannedPart {
  const { size, model } = known
  const all = cells.map((cell) => costOf(known.optionsOf(cell), size, model))
  const [first] = all
  const frozen = Math.max(0, ...all.map((cost) => cost.frozenOperations ?? 0))
  const total = (values: readonly (number | null)[]) =>
    values.includes(null) ? null : values.reduce((sum: number, value) => sum + (value ?? 0), 0)
  const operations = total(all.map((cost) => cost.operations))
  const disk = total(all.map((cost) => cost.diskBytes))
  const { model: modelEntry, data } = cells[0] ?? { model: { name: '' }, data: { name: '' } }
  return {
    model: modelEntry.name,
    data: data.name,
    cells: cells.length,
    pairs: first?.pairs ?? null,
    testPairs: size.test?.rows ?? null,
    steps: first?.steps ?? null,
    tokens: first?.tokens ?? null,
    operations: operations === null ? null : operations + frozen,
    memoryBytes: model && Math.max(...all.map((cost) => cost.memoryBytes ?? 0)),
    diskBytes: disk === null || keepModels ? disk : disk / cells.length,
  }
}

/** What one cell takes; null where sizes are unknown. */
interface CellCost {
  readonly pairs: number | null
  readonly steps: number | null
  readonly tokens: number | null
  readonly operations: number | null
  /** Of frozen layers, which cells share. */
  readonly frozenOperations: number | null
  readonly memoryBytes: number | null
  readonly diskBytes: number | null
}

function costOf(options: TrainOptions, { train, validation, test }: DataSize, model: ModelSize | null): CellCost {
  const share = model ? trainedShare(options, model) : 1
  const memoryBytes = model && memoryOf(model, options, share)
  const diskBytes =
    model &&
    4 * model.parameters + 2 * 3 * 4 * (options.train === 'all' ? model.parameters : model.layerParameters * share)
  if (!train)
    return { pairs: null, steps: null, tokens: null, operations: null, frozenOperations: null, memoryBytes, diskBytes }
  const maxLength = options.maxLength ?? 2048
  const tokensOf = (size: { readonly rows: number; readonly tokensPerRow: number } | null, rows = size?.rows ?? 0) =>
    size ? rows * Math.min(size.tokensPerRow, 2 * maxLength) : 0
  const pairs = Math.min(train.rows, options.limit ?? Infinity)
  const tokens = tokensOf(train, pairs)
  const stepsOfEpoch = Math.ceil(pairs / options.batchSize)
  const steps = Math.min(stepsOfEpoch * options.epochs, options.maxSteps ?? Infinity)
  const trained = (tokens * steps) / stepsOfEpoch
  const evaluated = tokensOf(validation) + tokensOf(test)
  const weights = model?.layerParameters ?? null
  return {
    pairs,
    steps,
    tokens,
    operations: weights === null ? null : weights * share * (6 * trained + 2 * evaluated),
    frozenOperations: weights === null ? null : weights * (1 - share) * 2 * (Math.min(trained, tokens) + evaluated),
    memoryBytes,
    diskBytes,
  }
}

/** The share of the layers that is trained. */
function trainedShare({ train }: TrainOptions, { layers }: ModelSize): number {
  if (train === 'all') return 1
  return train === 'head' ? 0 : Math.min(1, Number(train.slice('last:'.length)) / layers)
}
