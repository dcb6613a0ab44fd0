import { z } from 'zod'
import { at } from './at.ts'
import { InputError } from './errors.ts'
import { inProgramWords, type Phrase, phrase } from './phrase.ts'
import { nearestName } from './nearest.ts'
import { type OptionGroup, optionMetaSchema } from './option-groups.ts'

/** What a schema says about one value, in JSON Schema's words. */
export interface Shape {
  /** Several where a value may be of several plain types. */
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape | boolean
  readonly prefixItems?: readonly Shape[]
  readonly additionalProperties?: Shape | boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** One option of a command: what parsing, help, messages and the reference page need to know. */
export interface CommandOption {
  /** As in code: `batchSize`. */
  readonly key: string
  /** As typed: `--batch-size`. */
  readonly flag: string
  /** The placeholder for the value in help: `N`, `FILE`, `NAME`; empty for a switch. */
  readonly placeholder: string
  readonly description: string
  readonly group: OptionGroup
  /** Only `--help-all` shows it. */
  readonly advanced: boolean
  readonly defaultValue: unknown
  /** The default as help shows it; undefined where there is nothing to show. */
  readonly defaultText: string | undefined
  readonly required: boolean
  /** The key of an option that this one replaces: a later source that gives one of them overrides both. */
  readonly rival: string | undefined
  /** Several values may follow the flag, apart from those with commas between them. */
  readonly takesSeveral: boolean
  /** Commas belong to a value instead of separating several. */
  readonly wholeWords: boolean
  readonly shape: Shape
}

const shapesSchema = z.object({
  properties: z.record(z.string(), optionMetaSchema.loose()),
  required: z.array(z.string()).default([]),
})

/** The options that a schema of camelCase keys describes, in the schema's order. */
export function commandOptions(schema: z.ZodObject): CommandOption[] {
  const { properties, required } = shapesSchema.parse(z.toJSONSchema(schema, { io: 'output' }))
  return Object.entries(properties).map(
    ([
      key,
      {
        description,
        group,
        advanced,
        placeholder,
        defaultText,
        rival,
        takesSeveral,
        wholeWords,
        default: value,
        ...rest
      },
    ]) => {
      const shape: Shape = rest
      return {
        key,
        flag: flagOf(key),
        placeholder: placeholder ?? placeholderOf(shape),
        description,
        group,
        advanced,
        defaultValue: value,
        defaultText: defaultText ?? (value === undefined || value === false ? undefined : shownDefault(value)),
        required: required.includes(key) && value === undefined,
        rival,
        takesSeveral,
        wholeWords,
        shape,
      }
    },
  )
}

/** `batchSize`, `batch_size` and `batch-size` all become `--batch-size`. */
export function flagOf(name: string): string {
  const words = name.replace(/^--/, '').replaceAll('_', '-')
  return `--${words.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `batch_size`, as files name options, becomes `batchSize`. */
export const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** `batchSize` becomes `batch_size`, as files name options. */
export const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * Refuses an option given in two spellings, such as max_length and maxLength, of which one would silently win.
 * @throws InputError that names both
 */
export function refuseTwoSpellings(names: readonly string[]): void {
  const flags = names.map(flagOf)
  const second = flags.findIndex((flag, index) => flags.indexOf(flag) < index)
  if (second === -1) return
  const first = names[flags.indexOf(at(flags, second))]
  throw new InputError(`${first} and ${names[second]} are the same option`, { remedy: 'keep one of the two' })
}

/** True for an option that takes no value. */
export const isSwitch = (option: CommandOption): boolean => option.shape.type === 'boolean'

/** For a rule of a schema: what is wrong, with its options as data. */
export const ruleOf = (words: Phrase): { error: string; params: { words: Phrase } } => ({
  error: inProgramWords(words),
  params: { words },
})

/** What a schema says of what it refuses. */
export function complaint(issue: z.core.$ZodIssue): string | Phrase {
  const words: unknown = issue.code === 'custom' ? issue.params?.['words'] : undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `ruleOf` gave
  return (words as Phrase | undefined) ?? issue.message
}

/** What a value must be, to follow the word "expected". */
const expectation = (shape: Shape): string => joined(alternatives(shape))

/** What a value may be, one by one. */
function alternatives(shape: Shape): string[] {
  if (shape.anyOf) return shape.anyOf.flatMap(alternatives)
  if (typeof shape.type === 'object') return shape.type.flatMap((type) => alternatives({ ...shape, type }))
  return shape.enum ? shape.enum.map(String) : [kindOf(shape)]
}

function kindOf(shape: Shape): string {
  if (shape.prefixItems) {
    const each = [...new Set(shape.prefixItems.map(expectation))]
    return `${shape.prefixItems.length} values with a comma between them, each ${joined(each)}`
  }
  if (shape.type === 'boolean') return 'true or false'
  if (shape.type === 'array')
    return typeof shape.items === 'object' ? `a list, each ${expectation(shape.items)}` : 'a list'
  if (shape.type === 'object')
    return typeof shape.additionalProperties === 'object'
      ? `an object, each value ${expectation(shape.additionalProperties)}`
      : 'an object'
  if (shape.type !== 'integer' && shape.type !== 'number') return 'a text'
  return `a ${shape.type === 'integer' ? 'whole ' : ''}number${rangeOf(shape)}`
}

/** The error for a value that a schema refused: the option as the user named it, what was found, what was expected, the name that is near. */
export function refusal(shape: Shape, name: string, value: unknown, issue: z.core.$ZodIssue): InputError {
  if (issue.code === 'custom') return new InputError(phrase`${name}: ${complaint(issue)}`)
  const found = shown(value)
  const near = typeof value === 'string' ? nearestName(value, shape.enum?.map(String) ?? []) : undefined
  return new InputError(`${name}: found ${found}, expected ${expectation(shape)}`, {
    remedy: near === undefined ? undefined : `did you mean ${near}?`,
  })
}

/** A value as a message shows it. JSON would make null of NaN. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)
}

/** The value that a text on the command line means. A text that does not fit stays unchanged and is refused later. */
export function valueOf(text: string, shape: Shape): unknown {
  if (shape.anyOf) {
    const values = shape.anyOf.map((alternative) => valueOf(text, alternative))
    return values.find((value) => typeof value !== 'string') ?? text
  }
  if (shape.prefixItems) {
    const items = shape.prefixItems
    return text.split(',').map((part, index) => valueOf(part.trim(), items[index] ?? {}))
  }
  if (shape.type === 'array' && typeof shape.items === 'object') {
    const { items } = shape
    return text.split(',').map((part) => valueOf(part.trim(), items))
  }
  if (shape.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  const isNumeric = shape.type === 'integer' || shape.type === 'number'
  if (isNumeric && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text)
  return text
}

/** The values to choose from, in words; undefined where the schema lists none. */
export function choicesOf(shape: Shape): string | undefined {
  return shape.enum || shape.anyOf?.some((alternative) => alternative.enum) ? expectation(shape) : undefined
}

/** A default as a person would type it: small numbers in powers of ten. */
function shownDefault(value: unknown): string {
  return typeof value === 'number' && value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value)
}

function placeholderOf(shape: Shape): string {
  if (shape.anyOf) return shape.anyOf.map(placeholderOf).join('|')
  if (shape.enum) return 'NAME'
  if (shape.prefixItems) return shape.prefixItems.map((_, index) => String.fromCodePoint(65 + index)).join(',')
  if (shape.type === 'boolean') return ''
  if (shape.type === 'integer') return 'N'
  return shape.type === 'number' ? 'X' : 'TEXT'
}

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Shape): string {
  const bounds: string[] = []
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  if (least && most) return ` from ${minimum} to ${maximum}`
  if (exclusiveMinimum !== undefined) bounds.push(`above ${exclusiveMinimum}`)
  if (least) bounds.push(`of at least ${minimum}`)
  if (exclusiveMaximum !== undefined) bounds.push(`below ${exclusiveMaximum}`)
  if (most) bounds.push(`${bounds.length === 0 ? 'of ' : ''}at most ${maximum}`)
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`
}

/** `a`, `a or b`, `a, b or c`. */
function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
