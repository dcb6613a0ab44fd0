import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { type DataOptions, dataOptionsSchema } from './options.ts'

/** One source of a mixture. */
export interface MixturePart {
  readonly data: string
  /** Becomes the subset of its groups, in front of their own. */
  readonly name: string
  readonly options: DataOptions
  /** Proportion in which its rows are drawn. */
  readonly weight?: number | undefined
  /** At most so many of its rows. */
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
const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const withCamelCase = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [camelCase(name), field]))
    : value

const mixtureSchema = z.strictObject({
  parts: z
    .array(
      z.preprocess(
        withCamelCase,
        z.strictObject({
          data: z.string(),
          name: z
            .string()
            .regex(/^[^/]+$/, 'expected a name without a slash')
            .optional(),
          weight: z.number().positive().optional(),
          cap: count.optional(),
          ...dataOptionsSchema.partial().shape,
        }),
      ),
    )
    .min(1),
  total: count.optional(),
  seed: z.int().min(0).default(0),
})

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
  const result = mixtureSchema.safeParse(plainOf(document, path))
  if (!result.success) {
    const [issue] = result.error.issues
    const place = [path, issue?.path.join('.') ?? ''].filter((part) => part !== '').join(': ')
    throw new InputError(`${place}: ${issue?.message ?? 'not a mixture'}`, {
      remedy: 'expected parts: a list of {data, name, weight, cap, ...options of the data} (docs/data.md)',
    })
  }
  const { parts, total, seed } = result.data
  const names = partNames(parts.map(({ data }) => data))
  return {
    parts: parts.map(({ data, name, weight, cap, ...options }, index) => ({
      data: pathFrom(dirname(path), data),
      name: name ?? names[index] ?? data,
      weight,
      cap,
      options: { ...given, ...defined(options) },
    })),
    total,
    seed,
  }
}

/** The values of a document. Aliases that multiply without end are refused by the library. */
function plainOf(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable'
    throw new InputError(`${path}: invalid YAML: ${reason}`, { remedy: 'write it without aliases', cause: error })
  }
}

/** What parts are called that have no name: short where that tells them apart, else in full, with dots for slashes. */
export function partNames(data: readonly string[]): string[] {
  const names = data.map(shortName)
  return names.map((name, index) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : (data[index] ?? name).replaceAll('/', '.'),
  )
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

/** A file beside the mixture, or else the name as it is: a path of the working folder, or a name on the hub. */
function pathFrom(folder: string, data: string): string {
  const path = resolve(folder, data)
  return existsSync(path) ? path : data
}
