import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isDynamicPattern } from 'tinyglobby'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { isHubName } from '../hub/index.ts'
import { phrase } from '../phrase.ts'
import { nearestName } from '../nearest.ts'
import { listNames } from './columns.ts'
import { commandOptions, refusal, refuseTwoSpellings, snakeCase } from '../option-schemas.ts'
import { described, fieldError, isObject, type Row } from './fields.ts'
import { type DataOptions, dataOptionsSchema } from './data-options.ts'

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
  ...dataOptionsSchema.partial().shape,
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
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new InputError(`${path}: cannot be read`, { remedy: 'give the YAML file of a mixture', cause: error })
  }
  const document = parseDocument(text)
  const [problem] = document.errors
  if (problem)
    throw new InputError(`${path}: invalid YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`, {
      cause: problem,
    })
  try {
    return mixtureOf(plainOf(document), dirname(path), given)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const remedy = error.phrases.remedy ?? 'docs/data-steps.md shows a mixture'
    throw new InputError(phrase`${path}: ${error.phrases.problem}`, { remedy, cause: error })
  }
}

function mixtureOf(value: unknown, folder: string, given: DataOptions): Mixture {
  if (!isObject(value)) throw new InputError(`found ${described(value ?? undefined)}, expected parts: ${expectedParts}`)
  const { parts: list, total, seed } = checked(mixtureSchema, value, '')
  const written = list.map((part, index) => {
    const place = `parts[${index}]`
    if (!isObject(part)) throw fieldError(place, part, expectedPart)
    return checked(partSchema, withColumnTexts(part, place), `${place}.`)
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
 * Fields as their schema has them; in YAML they may be written like `on_error`.
 * @param place in front of the names of fields in messages
 * @throws InputError that names the field, what was found and what was expected
 */
function checked<Schema extends z.ZodObject>(schema: Schema, written: Row, place: string): z.output<Schema> {
  refuseTwoSpellings(Object.keys(written))
  const fields = Object.fromEntries(Object.entries(written).map(([name, value]) => [camelCase(name), value]))
  const result = schema.safeParse(fields)
  if (result.success) return result.data
  const { issues } = result.error
  const [unknown] = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  if (unknown !== undefined) {
    const known = Object.keys(schema.shape).map(snakeCase)
    const near = nearestName(snakeCase(unknown), known)
    throw new InputError(`unknown field "${place}${snakeCase(unknown)}", expected ${known.join(', ')}`, {
      remedy: near === undefined ? undefined : `did you mean ${near}?`,
    })
  }
  const [issue] = issues
  const field = String(issue?.path[0])
  const name = `${place}${snakeCase(field)}`
  const expected = expectedOf[field]
  if (!issue || expected !== undefined) throw fieldError(name, fields[field], expected ?? expectedPart)
  const shape = commandOptions(schema).find(({ key }) => key === field)?.shape ?? {}
  throw refusal(shape, `field "${name}"`, fields[field], issue)
}

/** `columns: {prompt: question}` says the same as `columns: [prompt=question]`. */
function withColumnTexts(part: Row, place: string): Row {
  const { columns } = part
  if (!isObject(columns)) return part
  const texts = Object.entries(columns).map(([name, column]) => {
    const isList = listNames.has(name) && Array.isArray(column) && column.every((one) => typeof one === 'string')
    if (isList) return `${name}=${column.join(',')}`
    if (typeof column !== 'string' && typeof column !== 'number')
      throw fieldError(`${place}.columns.${name}`, column, 'the name of a column')
    return `${name}=${column}`
  })
  return { ...part, columns: texts }
}

/** A file of choices is looked for beside the mixture first. */
function choicesBeside(folder: string, choices: DataOptions['choices']): DataOptions['choices'] {
  if (typeof choices !== 'string') return choices
  const path = resolve(folder, choices)
  return existsSync(path) ? path : choices
}

const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The values of a document. Aliases that multiply without end are refused by the library. */
function plainOf(document: Document): unknown {
  try {
    return document.toJS()
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable'
    throw new InputError(`invalid YAML: ${reason}`, { remedy: 'write it without aliases', cause: error })
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

/**
 * A file next to the mixture, or else the name unchanged: a path or pattern of the working folder, or a name on the
 * hub. A name that is none of these is looked for, and missed, next to the mixture.
 */
function pathFrom(folder: string, data: string): string {
  const path = resolve(folder, data)
  if (existsSync(path)) return path
  const isElsewhere = data === '-' || existsSync(data) || isDynamicPattern(data) || isHubName(data)
  return isElsewhere ? data : path
}
