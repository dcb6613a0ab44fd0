import { dirname } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { phrase } from '../phrase.ts'
import { described, fieldError, isObject } from './fields.ts'
import { type DataOptions, dataOptionsSchema } from './data-options.ts'
import {
  checkedFields,
  choicesBeside,
  pathFrom,
  readYamlFile,
  withColumnTexts,
  withoutDefaults,
} from './yaml-fields.ts'

/** One source of a mixture. */
export interface MixturePart {
  readonly data: string
  /** Becomes the subset of its groups, in front of their own. */
  readonly name: string
  readonly options: DataOptions
  /** Plain texts of this part are read as turns of user and assistant. */
  readonly plainTexts?: 'messages' | undefined
  /** Proportion in which its rows are drawn. */
  readonly weight?: number | undefined
  /** At most this many of its rows. */
  readonly cap?: number | undefined
}

/** Several sources that are read as one. */
export interface Mixture {
  readonly parts: readonly MixturePart[]
  /** Rows in all; as many as the weights allow without it. */
  readonly total?: number | undefined
  readonly seed: number
}

export const isMixtureFile = (name: string): boolean => /\.ya?ml$/.test(name)

const count = z.int().positive()

const partSchema = z.strictObject({
  data: z.string(),
  name: z
    .string()
    .refine((name) => name !== '' && !name.includes('/'), {
      error: ({ input }) => `found "${String(input)}", expected a name without a slash`,
    })
    .optional(),
  weight: z.number().positive().optional(),
  cap: count.optional(),
  plainTexts: z.literal('messages').optional(),
  ...withoutDefaults(dataOptionsSchema.shape),
})

const mixtureSchema = z.strictObject({
  parts: z.array(z.unknown()).min(1),
  total: count.optional(),
  seed: z.int().min(0).default(0),
})

const expectedPart = 'a part {data, name, weight, cap, ...options of the data}'
const expectedParts = `a list, each ${expectedPart}`
/** What is expected of fields where their schema does not say it. */
const expectedOf: Readonly<Record<string, string>> = {
  parts: expectedParts,
  data: 'the name of a file, of a folder or on the hub',
  plainTexts: 'messages (leave it out to read texts like those of the other parts)',
}

/**
 * Reads the YAML file of a mixture. Options of a part win over those given; paths are those of the file's folder.
 * @throws InputError that names the file, the field, what was expected
 */
export function readMixture(path: string, given: DataOptions): Mixture {
  const { value } = readYamlFile(path, 'the YAML file of a mixture')
  try {
    return mixtureOf(value, dirname(path), given)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const remedy = error.phrases.remedy ?? 'docs/data-steps.md shows a mixture'
    throw new InputError(phrase`${path}: ${error.phrases.problem}`, { remedy, cause: error })
  }
}

function mixtureOf(value: unknown, folder: string, given: DataOptions): Mixture {
  if (!isObject(value)) throw new InputError(`found ${described(value ?? undefined)}, expected parts: ${expectedParts}`)
  const {
    parts: list,
    total,
    seed,
  } = checkedFields(mixtureSchema, value, { prefix: '', expected: expectedPart, expectedOf })
  const written = list.map((part, index) => {
    const place = `parts[${index}]`
    if (!isObject(part)) throw fieldError(place, part, expectedPart)
    return checkedFields(partSchema, withColumnTexts(part, place), {
      prefix: `${place}.`,
      expected: expectedPart,
      expectedOf,
    })
  })
  const shortNames = partNames(written.map(({ data }) => data))
  const parts = written.map((part, index) => ({ ...part, name: part.name ?? shortNames[index] ?? part.data }))
  const names = parts.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined)
    throw new InputError(`two parts are called "${twice}"`, { remedy: 'give each a name of its own' })
  return {
    parts: parts.map(({ data, name, weight, cap, plainTexts, ...options }) => ({
      data: pathFrom(folder, data),
      name,
      weight,
      cap,
      plainTexts,
      options: { ...given, ...defined({ ...options, choices: choicesBeside(folder, options.choices) }) },
    })),
    total,
    seed,
  }
}

/**
 * What parts are called that have no name: short where that tells them apart, else in full, with dots for slashes. The
 * same data once more are called `name-2`.
 */
export function partNames(data: readonly string[]): string[] {
  const shorts = data.map(shortName)
  const names = data.map((one, index) => {
    const short = shorts[index] ?? one
    const isTold = data.every((other, at) => other === one || shorts[at] !== short)
    return isTold ? short : one.replaceAll('/', '.')
  })
  return names.map((name, index) => {
    const before = names.slice(0, index).filter((other) => other === name).length
    return before === 0 ? name : `${name}-${before + 1}`
  })
}

/** The file's name without ending, or the hub's without owner. */
function shortName(data: string): string {
  const last =
    data
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? data
  return last.replace(/(\.(jsonl?|csv|tsv|parquet|gz|zst|ya?ml))+$/, '') || data
}

const defined = (options: Readonly<Record<string, unknown>>): Partial<DataOptions> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
