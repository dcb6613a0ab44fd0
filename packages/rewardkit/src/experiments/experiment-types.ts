/** Options of training as a file gives them: only those that it names, by their camelCase names. */
export type TrainingSet = Readonly<Record<string, unknown>>

/** A model of the grid: a row of the tables. */
export interface ModelEntry {
  readonly name: string
  /** A folder or a name on the hub; `{seed}` in it is replaced by the seed of the cell. */
  readonly model: string
  readonly options: TrainingSet
}

/** How rows of one source are set apart. */
export interface SplitEntry {
  readonly test: number
  readonly validation: number
  readonly by: 'prompt' | 'row'
  readonly stratify: boolean
  readonly seed: number
}

/** A data set of the grid: a column of the tables for each of its test sets. */
export interface DataEntry {
  readonly name: string
  readonly data: string
  /** Where the learning rate is chosen. */
  readonly validation: string | undefined
  /** By the name of the column; one without a name bears that of the data. Empty where `split` sets test rows apart. */
  readonly tests: Readonly<Record<string, string>>
  readonly split: SplitEntry | undefined
  /** Rows that the author of the file counted, for a plan where nobody else says. */
  readonly rows: Readonly<Partial<Record<'train' | 'validation' | 'test', number>>>
  readonly options: TrainingSet
}

/** An arm: what is compared. */
export interface ArmEntry {
  readonly name: string
  /** Training data of its own; `{data}` and `{seed}` in it are replaced by those of the cell. */
  readonly data: string | undefined
  readonly options: TrainingSet
}

/** How the learning rate of an arm is chosen. */
export type RateRule = 'log-loss' | 'accuracy'

/** An experiment as its file describes it. */
export interface Experiment {
  readonly path: string
  /** The folder that its paths begin in. */
  readonly folder: string
  readonly models: readonly ModelEntry[]
  readonly data: readonly DataEntry[]
  readonly arms: readonly ArmEntry[]
  readonly learningRates: readonly number[]
  readonly seeds: readonly number[]
  /** The arm that the others are compared with, and whose best rate is the common one. */
  readonly baseline: string
  readonly chooseBy: RateRule
  /** Whether the models of finished cells stay. */
  readonly keepModels: boolean
  readonly options: TrainingSet
}

/** What an entry's name becomes in the names of folders. */
export const folderName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-+|-+$/g, '') || '-'
