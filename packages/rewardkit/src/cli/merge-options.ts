import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { InputError, located } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import {
  type CommandOption,
  commandOptions,
  complaint,
  flagOf,
  refusal,
  refuseTwoSpellings,
  valueOf,
} from '../option-schemas.ts'
import { ourNameFor } from '../other-names.ts'
import { phrase } from '../phrase.ts'

/** Where values come from; a later source wins over an earlier one, and all win over the defaults. */
export interface OptionSources {
  /** A YAML file of options: `--config`. */
  readonly config?: string
  /** Values as they were typed, by camelCase key; `true` for switches. */
  readonly given: Readonly<Record<string, unknown>>
  /** `key=value` texts: `--set`. */
  readonly set?: readonly string[]
}

interface Given {
  /** How the user named it: `--batch-size`, `run.yaml: batch_size`. */
  readonly name: string
  readonly value: unknown
}

/**
 * The options of a command: the schema's defaults, then the configuration file, then what was typed, then `--set`. Each
 * overrides what came before, and the rivals of what it gives: `--warmup-ratio` does away with a file's warmup_steps.
 * @throws InputError for a name that is not an option, or a value that the schema refuses
 */
export function mergeOptions<S extends z.ZodObject>(schema: S, sources: OptionSources): z.output<S> {
  const options = new Map(commandOptions(schema).map((option) => [option.flag, option]))
  const fromFile = new Map<string, Given>()
  for (const [name, value] of sources.config === undefined ? [] : readConfig(sources.config)) {
    // A run's own config.yaml carries its schema version; an option that was not set is written as null.
    if (name === 'schema_version' || value === null) continue
    const label = `${sources.config}: ${name}`
    const { key, shape } = known(options, name, label)
    fromFile.set(key, { name: label, value: typeof value === 'string' ? valueOf(value, shape) : value })
  }
  const typed = new Map<string, Given>()
  for (const option of options.values()) {
    const value = sources.given[option.key]
    if (value === undefined) continue
    typed.set(option.key, {
      name: option.flag,
      value: typedValue(value, option),
    })
  }
  const set = new Map<string, Given>()
  for (const assignment of sources.set ?? []) {
    const [, name, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? []
    if (name === undefined || text === undefined) {
      throw new InputError(`--set: found "${assignment}", expected key=value, such as --set seed=1`)
    }
    const { key, shape } = known(options, name.trim(), `--set ${name.trim()}`)
    set.set(key, { name: `--set ${name.trim()}`, value: valueOf(text, shape) })
  }
  const given = new Map<string, Given>()
  for (const source of [fromFile, typed, set]) {
    for (const { key, rival = '' } of options.values()) if (source.has(key)) given.delete(rival)
    for (const [key, value] of source) given.set(key, value)
  }
  const values = Object.fromEntries([...given].map(([key, { value }]) => [key, value]))
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const key = String(issue?.path[0] ?? '')
  const option = options.get(flagOf(key))
  if (!issue || !option) throw new InputError(issue ? complaint(issue) : 'the options do not fit together')
  throw refused(option, given.get(key), issue)
}

/** Several words after one flag are one list. */
function typedValue(value: unknown, { shape, wholeWords }: CommandOption): unknown {
  if (wholeWords) return typeof value === 'string' ? [value] : value
  if (typeof value === 'string') return valueOf(value, shape)
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? value.flatMap((text: string) => valueOf(text, shape))
    : value
}

/** The option of that name, in camelCase, snake_case or kebab-case. */
function known(options: ReadonlyMap<string, CommandOption>, name: string, label: string): CommandOption {
  const flag = flagOf(name)
  const option = options.get(flag)
  if (option) return option
  const keys = [...options.values()].map(({ key }) => key)
  const ours = ourNameFor(name, keys)
  if (ours) throw new InputError(phrase`${label}: "${name}" is ${ours} here`)
  const near = nearestName(flag, [...options.keys()])
  throw new InputError(`${label}: unknown option`, { remedy: near === undefined ? undefined : `did you mean ${near}?` })
}

function refused(option: CommandOption, given: Given | undefined, issue: z.core.$ZodIssue): InputError {
  if (given) return refusal(option.shape, given.name, given.value, issue)
  const isList = option.shape.type === 'array'
  const usage = isList ? `${option.placeholder}...` : `${option.flag} ${option.placeholder}`
  return new InputError(`missing ${usage}: ${option.description}`)
}

function readConfig(path: string): [string, unknown][] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : String(error)
    throw new InputError(`--config ${path}: ${reason}`, { remedy: 'give a YAML file of options', cause: error })
  }
  const document = parseDocument(text, { prettyErrors: true })
  const [problem] = document.errors
  if (problem) {
    throw new InputError(`${path}: invalid YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '')}`, {
      cause: problem,
    })
  }
  const value: unknown = document.toJS()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InputError(`${path}: expected lines such as "learning_rate: 2e-5"`)
  }
  try {
    refuseTwoSpellings(Object.keys(value))
  } catch (error) {
    throw error instanceof InputError ? located(path, error) : error
  }
  return Object.entries(value)
}
