import type { z } from 'zod'
import { fieldError, isObject, type Row } from '../data/fields.ts'
import { partNames } from '../data/mixture.ts'
import { checkedFields, withColumnTexts, type YamlFile } from '../data/yaml-fields.ts'
import { InputError, located } from '../errors.ts'
import {
  armSchema,
  dataSchema,
  entryKinds,
  expectedOfEntry,
  modelSchema,
  rowsSchema,
  splitSchema,
} from './experiment-schema.ts'
import { type ArmEntry, type DataEntry, folderName, type ModelEntry, type TrainingSet } from './experiment-types.ts'

export function modelEntries(written: readonly unknown[], file: YamlFile): ModelEntry[] {
  const models = entries(file, 'models', written, modelSchema, 'model').map(({ name, model, ...options }) => ({
    name,
    model,
    options: defined(options),
  }))
  return namedBy(models, ({ model }) => model, placeIn(file, 'models'))
}

export function dataEntries(written: readonly unknown[], file: YamlFile): DataEntry[] {
  const sets = entries(file, 'data', written, dataSchema, 'data').map((entry, index) => dataEntry(entry, index, file))
  return namedBy(sets, ({ data }) => data, placeIn(file, 'data')).map((entry) => ({
    ...entry,
    tests: typeof entry.tests === 'string' ? { [entry.name]: entry.tests } : entry.tests,
  }))
}

export function armEntries(written: readonly unknown[], file: YamlFile): ArmEntry[] {
  const arms = entries(file, 'arms', written, armSchema, null).map(({ name, data, ...options }) => ({
    name,
    data,
    options: defined(options),
  }))
  const objectiveOf = ({ options: { objective } }: (typeof arms)[number]) =>
    typeof objective === 'string' ? objective : 'bradley-terry'
  return namedBy(arms, objectiveOf, placeIn(file, 'arms'))
}

const placeIn = (file: YamlFile, list: string) => (index: number) => file.place([list, index])

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

export function objectOf<Schema extends z.ZodObject>(
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

export const defined = (options: Row): TrainingSet =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
