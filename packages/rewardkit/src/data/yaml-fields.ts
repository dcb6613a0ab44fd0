import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDynamicPattern } from 'tinyglobby'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { InputError, located } from '../errors.ts'
import { isHubName } from '../hub/index.ts'
import { nearestName } from '../nearest.ts'
import { commandOptions, refusal, refuseTwoSpellings, snakeCase } from '../option-schemas.ts'
import { listNames } from './columns.ts'
import { fieldError, isObject, type Row } from './fields.ts'

/** A YAML file that a person wrote. */
export interface YamlFile {
  readonly value: unknown
  /** `FILE, line 3` for the value that keys and indexes lead to, or for what comes nearest. */
  place(path: readonly (string | number)[]): string
}

/**
 * Reads a YAML file.
 * @param kind what the file should be, for messages: `the YAML file of a mixture`
 * @throws InputError that names the file
 */
export function readYamlFile(path: string, kind: string): YamlFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new InputError(`${path}: cannot be read`, { remedy: `give ${kind}`, cause: error })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [problem] = document.errors
  if (problem)
    throw new InputError(`${path}: invalid YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '') ?? ''}`, {
      cause: problem,
    })
  const place = (keys: readonly (string | number)[]): string => {
    for (let length = keys.length; length > 0; length--) {
      const node = document.getIn(keys.slice(0, length), true)
      if (isNode(node) && node.range) return `${path}, line ${lines.linePos(node.range[0]).line}`
    }
    return path
  }
  try {
    return { value: document.toJS(), place }
  } catch (error) {
    // Aliases that multiply without end.
    const reason = error instanceof Error ? error.message : 'unreadable'
    throw new InputError(`${path}: invalid YAML: ${reason}`, { remedy: 'write it without aliases', cause: error })
  }
}

/** What a message says of a field that a schema refuses. */
export interface FieldWords {
  /** In front of the names of fields: `parts[0].`. */
  readonly prefix: string
  /** What is expected of an entry that is refused for no single field. */
  readonly expected: string
  /** What is expected of fields where their schema does not say it. */
  readonly expectedOf: Readonly<Record<string, string>>
  /** Where a field is written, by its key in the file; absent if a message names only the file. */
  readonly place?: (key: string) => string
}

/**
 * Fields as their schema has them; in YAML they may be written like `on_error`.
 * @throws InputError that names the field, what was found and what was expected
 */
export function checkedFields<Schema extends z.ZodObject>(
  schema: Schema,
  written: Row,
  { prefix, expected, expectedOf, place }: FieldWords,
): z.output<Schema> {
  refuseTwoSpellings(Object.keys(written))
  const keys = new Map(Object.keys(written).map((key) => [camelCase(key), key]))
  const fields = Object.fromEntries([...keys].map(([name, key]) => [name, written[key]]))
  const result = schema.safeParse(fields)
  if (result.success) return result.data
  const at = (field: string, error: InputError) => (place ? located(place(keys.get(field) ?? field), error) : error)
  const { issues } = result.error
  const [unknown] = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  if (unknown !== undefined) {
    const known = Object.keys(schema.shape).map(snakeCase)
    const near = nearestName(snakeCase(unknown), known)
    // A list of all the options of training would hide what is wrong.
    const names = known.length > 30 ? 'an option' : known.join(', ')
    throw at(
      unknown,
      new InputError(`unknown field "${prefix}${snakeCase(unknown)}", expected ${names}`, {
        remedy: near === undefined ? undefined : `did you mean ${near}?`,
      }),
    )
  }
  const [issue] = issues
  const field = String(issue?.path[0])
  const name = `${prefix}${snakeCase(field)}`
  if (!issue || expectedOf[field] !== undefined)
    throw at(field, fieldError(name, fields[field], expectedOf[field] ?? expected))
  const shape = commandOptions(schema).find(({ key }) => key === field)?.shape ?? {}
  throw at(field, refusal(shape, `field "${name}"`, fields[field], issue))
}

/** `columns: {prompt: question}` says the same as `columns: [prompt=question]`. */
export function withColumnTexts(entry: Row, place: string): Row {
  const { columns } = entry
  if (!isObject(columns)) return entry
  const texts = Object.entries(columns).map(([name, column]) => {
    const isList = listNames.has(name) && Array.isArray(column) && column.every((one) => typeof one === 'string')
    if (isList) return `${name}=${column.join(',')}`
    if (typeof column !== 'string' && typeof column !== 'number')
      throw fieldError(`${place}.columns.${name}`, column, 'the name of a column')
    return `${name}=${column}`
  })
  return { ...entry, columns: texts }
}

type WithoutDefaults<Shape extends z.ZodRawShape> = {
  [Name in keyof Shape]: z.ZodOptional<Shape[Name] extends z.ZodDefault<infer Field> ? Field : Shape[Name]>
}

/** The fields of a schema, each optional and without its default: what a file leaves away stays away. */
export function withoutDefaults<Shape extends z.ZodRawShape>(shape: Shape): WithoutDefaults<Shape> {
  const fields = Object.entries(shape).map(([name, field]) => {
    const plain = field instanceof z.ZodDefault ? field.unwrap() : field
    return [name, z.optional(plain)]
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- field by field what the type says
  return Object.fromEntries(fields) as WithoutDefaults<Shape>
}

/**
 * A file next to the one that names it, or else the name unchanged: a path or pattern of the working folder, or a name
 * on the hub. A name that is none of these is looked for, and missed, next to the file.
 */
export function pathFrom(folder: string, data: string): string {
  const path = resolve(folder, data)
  if (existsSync(path)) return path
  const isElsewhere = data === '-' || existsSync(data) || isDynamicPattern(data) || isHubName(data)
  return isElsewhere ? data : path
}

/** A file of choices is looked for beside the file that names it first. */
export function choicesBeside<Choices>(folder: string, choices: Choices): Choices | string {
  if (typeof choices !== 'string') return choices
  const path = resolve(folder, choices)
  return existsSync(path) ? path : choices
}

const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
