import { dirname } from 'node:path'
import { z } from 'zod'
import { fieldError, isObject, type Row } from '../data/fields.ts'
import { partNames } from '../data/mixture.ts'
import { checkedFields, readYamlFile, withColumnTexts, withoutDefaults, type YamlFile } from '../data/yaml-fields.ts'
import { InputError, located } from '../errors.ts'
import { objectiveNames } from '../objectives/index.ts'
import { trainFieldsSchema } from '../train/train-options.ts'

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

/** What the experiment decides for each cell. */
const ofTheGrid = new Set([
  'model',
  'data',
  'evalData',
  'evalFraction',
  'testData',
  'out',
  'learningRate',
  'seed',
  'resume',
  'overwrite',
  'takeOver',
])

const { shape: fields } = trainFieldsSchema
const trainingFields = withoutDefaults(
  Object.fromEntries(Object.entries(fields).filter(([name]) => !ofTheGrid.has(name))),
)

const text = z.string().min(1)
const share = z.number().min(0).lt(1)
const count = z.int().positive()
const splitSchema = z.strictObject({
  test: share.default(0),
  validation: share.default(0),
  by: z.enum(['prompt', 'row']).default('prompt'),
  stratify: z.boolean().default(false),
  seed: z.int().min(0).default(0),
})
const rowsSchema = z.strictObject({ train: count.optional(), validation: count.optional(), test: count.optional() })
const modelSchema = z.strictObject({ name: text.optional(), model: text, ...trainingFields })
const dataSchema = z.strictObject({
  name: text.optional(),
  data: text,
  validation: text.optional(),
  test: z.union([text, z.record(z.string(), text)]).optional(),
  split: z.unknown().optional(),
  rows: z.unknown().optional(),
  ...trainingFields,
})
const armSchema = z.strictObject({ name: text.optional(), data: text.optional(), ...trainingFields })
const optionsSchema = z.strictObject(trainingFields)
const experimentSchema = z.strictObject({
  models: z.array(z.unknown()).min(1),
  data: z.array(z.unknown()).min(1),
  objectives: z.array(z.enum(objectiveNames)).min(1).optional(),
  arms: z.array(z.unknown()).min(1).optional(),
  learningRates: z
    .array(z.number().positive())
    .min(1)
    .default([fields.learningRate.parse(undefined)]),
  seeds: z.array(z.int().min(0)).min(1).default([0]),
  baseline: text.optional(),
  chooseBy: z.enum(['log-loss', 'accuracy']).default('log-loss'),
  keepModels: z.boolean().default(true),
  options: z.unknown().optional(),
})

/** What each kind of entry is called in messages. */
const entryKinds = {
  models: 'a model: its name, or {model, name, ...options of training}',
  data: 'data: a name, or {data, name, test, validation, split, ...options of training}',
  arms: 'an arm {name, objective, ...options of training}',
}
const expectedOf: Readonly<Record<string, string>> = {
  models: `a list, each ${entryKinds.models}`,
  data: `a list, each ${entryKinds.data}`,
  arms: `a list, each ${entryKinds.arms}`,
  objectives: `a list of names of objectives (${objectiveNames.join(', ')})`,
  learningRates: 'a list of numbers above 0',
  seeds: 'a list of whole numbers of at least 0',
  test: 'a file, or several by name, such as {easy: easy.jsonl, hard: hard.jsonl}',
}
/** Of a single entry, where these names are those of files. */
const expectedOfEntry: Readonly<Record<string, string>> = {
  model: 'a folder or a name on the hub',
  data: 'the name of a file, of a folder or on the hub',
  validation: 'the name of a file, of a folder or on the hub',
  test: expectedOf['test'] ?? '',
  name: 'a name',
}

/**
 * Reads the YAML file of an experiment.
 * @throws InputError that names file, line and field, what was found and what was expected
 */
export function readExperiment(path: string): Experiment {
  const file = readYamlFile(path, 'the YAML file of an experiment')
  try {
    return experimentOf(path, file)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const remedy = error.phrases.remedy ?? 'docs/experiments.md shows an experiment'
    const problem = error.problem.startsWith(path) ? error.phrases.problem : located(path, error).phrases.problem
    throw new InputError(problem, { remedy, cause: error })
  }
}

function experimentOf(path: string, file: YamlFile): Experiment {
  const { value } = file
  if (!isObject(value)) throw new InputError(`${path}: expected the fields models, data and arms`)
  const top = checkedFields(experimentSchema, value, {
    prefix: '',
    expected: 'the fields of an experiment',
    expectedOf,
    place: (key) => file.place([key]),
  })
  if ((top.arms === undefined) === (top.objectives === undefined))
    throw new InputError('expected either "arms" or "objectives"', { remedy: 'give the names of objectives, or arms' })
  const models = namedBy(
    entries(file, 'models', top.models, modelSchema, 'model').map(({ name: given, model, ...options }) => ({
      name: given,
      model,
      options: defined(options),
    })),
    ({ model }) => model,
    at(file, 'models'),
  )
  const data = namedBy(
    entries(file, 'data', top.data, dataSchema, 'data').map((entry, index) => dataEntry(entry, index, file)),
    (entry) => entry.data,
    at(file, 'data'),
  ).map((entry) => ({ ...entry, tests: typeof entry.tests === 'string' ? { [entry.name]: entry.tests } : entry.tests }))
  const listed = top.arms ?? (top.objectives ?? []).map((objective) => ({ objective }))
  const arms = namedBy(
    entries(file, 'arms', listed, armSchema, null).map(({ name: given, data: own, ...options }) => ({
      name: given,
      data: own,
      options: defined(options),
    })),
    ({ options }) => (typeof options['objective'] === 'string' ? options['objective'] : 'bradley-terry'),
    at(file, 'arms'),
  )
  const baseline = top.baseline ?? arms[0]?.name ?? ''
  if (!arms.some((arm) => arm.name === baseline))
    throw located(
      file.place(['baseline']),
      fieldError('baseline', baseline, `one of ${arms.map((arm) => arm.name).join(', ')}`),
    )
  const experiment: Experiment = {
    path,
    folder: dirname(path),
    models,
    data,
    arms,
    learningRates: distinct(top.learningRates, 'learning_rates', file).toSorted((a, b) => a - b),
    seeds: distinct(top.seeds, 'seeds', file),
    baseline,
    chooseBy: top.chooseBy,
    keepModels: top.keepModels,
    options:
      top.options === undefined ? {} : defined(objectOf(file, ['options'], top.options, optionsSchema, 'options')),
  }
  checkChoice(experiment, file)
  return experiment
}

type Fields<Schema extends z.ZodObject> = z.output<Schema>

/** The entries of a list, each checked; a text is an entry that has nothing else. */
function entries<Schema extends z.ZodObject>(
  file: YamlFile,
  list: 'models' | 'data' | 'arms',
  written: readonly unknown[],
  schema: Schema,
  short: 'model' | 'data' | null,
): Fields<Schema>[] {
  return written.map((entry, index) => {
    const whole = typeof entry === 'string' && short !== null ? { [short]: entry } : entry
    if (!isObject(whole))
      throw located(file.place([list, index]), fieldError(`${list}[${index}]`, entry, entryKinds[list]))
    return checkedFields(schema, withColumnTexts(whole, `${list}[${index}]`), {
      prefix: `${list}[${index}].`,
      expected: entryKinds[list],
      expectedOf: expectedOfEntry,
      place: (key) => file.place([list, index, key]),
    })
  })
}

function objectOf<Schema extends z.ZodObject>(
  file: YamlFile,
  path: readonly (string | number)[],
  value: unknown,
  schema: Schema,
  name: string,
): Fields<Schema> {
  if (!isObject(value)) throw located(file.place(path), fieldError(name, value, 'fields with values'))
  return checkedFields(schema, withColumnTexts(value, name), {
    prefix: `${name}.`,
    expected: 'fields with values',
    expectedOf: {},
    place: (key) => file.place([...path, key]),
  })
}

function dataEntry(
  { name: given, data, validation, test, split: written, rows: counted, ...options }: Fields<typeof dataSchema>,
  index: number,
  file: YamlFile,
) {
  const place = ['data', index] as const
  const split =
    written === undefined
      ? undefined
      : objectOf(file, [...place, 'split'], written, splitSchema, `data[${index}].split`)
  const rows =
    counted === undefined ? {} : objectOf(file, [...place, 'rows'], counted, rowsSchema, `data[${index}].rows`)
  const wrong = (problem: string, remedy: string) =>
    located(file.place(place), new InputError(`data[${index}]: ${problem}`, { remedy }))
  if (split && split.test === 0 && split.validation === 0)
    throw wrong('the split sets nothing apart', 'give test or validation a share of the rows, such as 0.1')
  if (split && split.test > 0 && test !== undefined)
    throw wrong('there is "test", and the split sets test rows apart', 'keep one of the two')
  if (split && split.validation > 0 && validation !== undefined)
    throw wrong('there is "validation", and the split sets validation rows apart', 'keep one of the two')
  if (test === undefined && !(split && split.test > 0))
    throw wrong('there are no test rows', 'give "test" a file, or "split" a share of the rows for test')
  return { name: given, data, validation, tests: test ?? {}, split, rows: defined(rows), options: defined(options) }
}

/** Where several rates are tried, one must be chosen on rows that are not tested on. */
function checkChoice({ learningRates, data }: Experiment, file: YamlFile): void {
  if (learningRates.length < 2) return
  const index = data.findIndex(({ validation, split }) => validation === undefined && !(split && split.validation > 0))
  if (index === -1) return
  throw located(
    file.place(['data', index]),
    new InputError(`data[${index}]: several learning rates are tried, and there are no validation rows to choose on`, {
      remedy: 'give "validation" a file, or "split" a share of the rows for validation',
    }),
  )
}

/** What an entry's name becomes in the names of folders. */
export const folderName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-').replaceAll(/^-+|-+$/g, '') || '-'

/** Entries with the names that they were given, or short ones. Throws InputError for two that would share a folder. */
function namedBy<Entry extends { readonly name: string | undefined }>(
  list: readonly Entry[],
  nameOf: (entry: Entry) => string,
  place: (index: number) => string,
): (Entry & { readonly name: string })[] {
  const short = partNames(list.map(nameOf))
  const named = list.map((entry, index) => ({ ...entry, name: entry.name ?? short[index] ?? nameOf(entry) }))
  const folders = named.map((entry) => folderName(entry.name).toLowerCase())
  const second = folders.findIndex((folder, index) => folders.indexOf(folder) < index)
  if (second === -1) return named
  const [first, other] = [named[folders.indexOf(folders[second] ?? '')], named[second]]
  throw located(
    place(second),
    new InputError(`two are called "${first?.name}" and "${other?.name}", which share a folder`, {
      remedy: 'give each a name of its own',
    }),
  )
}

const at = (file: YamlFile, list: string) => (index: number) => file.place([list, index])

function distinct(values: readonly number[], field: string, file: YamlFile): readonly number[] {
  const twice = values.find((value, index) => values.indexOf(value) < index)
  if (twice === undefined) return values
  throw located(
    file.place([field]),
    new InputError(`field "${field}": ${twice} appears twice`, { remedy: 'leave one of the two out' }),
  )
}

const defined = (options: Row): TrainingSet =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
