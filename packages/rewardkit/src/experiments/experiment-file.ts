import { dirname } from 'node:path'
import { fieldError, isObject } from '../data/fields.ts'
import { checkedFields, readYamlFile, type YamlFile } from '../data/yaml-fields.ts'
import { InputError, located } from '../errors.ts'
import { armEntries, dataEntries, defined, modelEntries, objectOf } from './experiment-entries.ts'
import { expectedOf, experimentSchema, optionsSchema } from './experiment-schema.ts'
import type { Experiment } from './experiment-types.ts'

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
  const models = modelEntries(top.models, file)
  const data = dataEntries(top.data, file)
  const arms = armEntries(top.arms ?? (top.objectives ?? []).map((objective) => ({ objective })), file)
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

function distinct(values: readonly number[], field: string, file: YamlFile): readonly number[] {
  const twice = values.find((value, index) => values.indexOf(value) < index)
  if (twice === undefined) return values
  throw located(
    file.place([field]),
    new InputError(`field "${field}": ${twice} appears twice`, { remedy: 'leave one of the two out' }),
  )
}
