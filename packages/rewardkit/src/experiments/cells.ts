import { join } from 'node:path'
import { dataOptionsSchema } from '../data/index.ts'
import { pathFrom } from '../data/yaml-fields.ts'
import { InputError, located } from '../errors.ts'
import { commandOptions, complaint } from '../option-schemas.ts'
import { phrase } from '../phrase.ts'
import { trainFieldsSchema, type TrainOptions, trainOptionsSchema } from '../train/train-options.ts'
import {
  type ArmEntry,
  type DataEntry,
  type Experiment,
  folderName,
  type ModelEntry,
  type TrainingSet,
} from './experiment-types.ts'

/** One run of the grid. */
export interface Cell {
  readonly model: ModelEntry
  readonly data: DataEntry
  readonly arm: ArmEntry
  readonly learningRate: number
  readonly seed: number
  /** Its run folder within that of the experiment. */
  readonly folder: string
}

/** Files that a cell reads: names as `train` takes them. */
export interface CellSources {
  readonly data: string
  readonly evalData: string | undefined
  readonly testData: string
}

/** All cells in order: model by model, in it data by data, arm by arm, rate by rate, seed by seed. */
export function gridOf({ models, data, arms, learningRates, seeds }: Experiment): Cell[] {
  return models.flatMap((model) =>
    data.flatMap((set) =>
      arms.flatMap((arm) =>
        learningRates.flatMap((learningRate) =>
          seeds.map((seed) => ({
            model,
            data: set,
            arm,
            learningRate,
            seed,
            folder: join(
              'runs',
              ...[model, set, arm].map((entry) => folderName(entry.name)),
              `lr-${rateText(learningRate)}`,
              `seed-${seed}`,
            ),
          })),
        ),
      ),
    ),
  )
}

/** `9e-6`: the same text for the same number. */
export const rateText = (rate: number): string => rate.toExponential().replace('e+', 'e')

/** One of several machines: the second of three is {index: 2, count: 3}. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** The cells of a shard: every count-th, so that each shard gets as many of each kind as it can. */
export const ofShard = (cells: readonly Cell[], { index, count }: Shard): Cell[] =>
  cells.filter((_, i) => i % count === index - 1)

/** `tiny, noise-10, adaptive-margin, rate 1e-3, seed 0`. */
export const cellText = ({ model, data, arm, learningRate, seed }: Cell): string =>
  `${model.name}, ${data.name}, ${arm.name}, rate ${rateText(learningRate)}, seed ${seed}`

/** A path or name of the file with `{data}` and `{seed}` filled in. */
export function filledIn(text: string, { data, seed }: Pick<Cell, 'data' | 'seed'>, { folder }: Experiment): string {
  return pathFrom(folder, text.replaceAll('{data}', data.name).replaceAll('{seed}', String(seed)))
}

const rivals = commandOptions(trainFieldsSchema).flatMap(({ key, rival }) =>
  rival === undefined ? [] : [{ key, rival }],
)

/** Sets of options, of which a later one wins, and does away with the rivals of what it names. */
function merged(sets: readonly TrainingSet[]): TrainingSet {
  let result: TrainingSet = {}
  for (const set of sets) {
    const replaced = rivals.filter(({ key }) => key in set).map(({ rival }) => rival)
    result = { ...Object.fromEntries(Object.entries(result).filter(([name]) => !replaced.includes(name))), ...set }
  }
  return result
}

/** A split has applied the options of rows already; what the model cannot read is met only in training. */
const withoutRowOptions = (set: TrainingSet): TrainingSet =>
  Object.fromEntries(Object.entries(set).filter(([name]) => name === 'onError' || !(name in dataOptionsSchema.shape)))

/**
 * The options of a cell's run.
 * @param out the folder of the experiment
 * @throws InputError where options do not fit together
 */
export function trainOptionsOf(experiment: Experiment, cell: Cell, sources: CellSources, out: string): TrainOptions {
  const general = [experiment.options, cell.model.options, cell.data.options]
  const result = trainOptionsSchema.safeParse({
    ...merged([...(cell.data.split ? general.map(withoutRowOptions) : general), cell.arm.options]),
    ...sources,
    model: filledIn(cell.model.model, cell, experiment),
    out: join(out, cell.folder),
    learningRate: cell.learningRate,
    seed: cell.seed,
  })
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw located(
    experiment.path,
    new InputError(phrase`${cellText(cell)}: ${issue ? complaint(issue) : 'the options do not fit together'}`),
  )
}
