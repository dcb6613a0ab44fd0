import { z } from 'zod'
import { withoutDefaults } from '../data/yaml-fields.ts'
import { objectiveNames } from '../objectives/index.ts'
import { trainFieldsSchema } from '../train/train-options.ts'

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
export const splitSchema = z.strictObject({
  test: share.default(0),
  validation: share.default(0),
  by: z.enum(['prompt', 'row']).default('prompt'),
  stratify: z.boolean().default(false),
  seed: z.int().min(0).default(0),
})
export const rowsSchema = z.strictObject({
  train: count.optional(),
  validation: count.optional(),
  test: count.optional(),
})
export const modelSchema = z.strictObject({ name: text.optional(), model: text, ...trainingFields })
export const dataSchema = z.strictObject({
  name: text.optional(),
  data: text,
  validation: text.optional(),
  test: z.union([text, z.record(z.string(), text)]).optional(),
  split: z.unknown().optional(),
  rows: z.unknown().optional(),
  ...trainingFields,
})
export const armSchema = z.strictObject({ name: text.optional(), data: text.optional(), ...trainingFields })
export const optionsSchema = z.strictObject(trainingFields)
export const experimentSchema = z.strictObject({
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
export const entryKinds = {
  models: 'a model: its name, or {model, name, ...options of training}',
  data: 'data: a name, or {data, name, test, validation, split, ...options of training}',
  arms: 'an arm {name, objective, ...options of training}',
}
export const expectedOf: Readonly<Record<string, string>> = {
  models: `a list, each ${entryKinds.models}`,
  data: `a list, each ${entryKinds.data}`,
  arms: `a list, each ${entryKinds.arms}`,
  objectives: `a list of names of objectives (${objectiveNames.join(', ')})`,
  learningRates: 'a list of numbers above 0',
  seeds: 'a list of whole numbers of at least 0',
  test: 'a file, or several by name, such as {easy: easy.jsonl, hard: hard.jsonl}',
}
/** Of a single entry, where these names are those of files. */
export const expectedOfEntry: Readonly<Record<string, string>> = {
  model: 'a folder or a name on the hub',
  data: 'the name of a file, of a folder or on the hub',
  validation: 'the name of a file, of a folder or on the hub',
  test: expectedOf['test'] ?? '',
  name: 'a name',
}
