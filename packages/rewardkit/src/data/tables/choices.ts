import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { InputError } from '../../errors.ts'
import { option, phrase, settings } from '../../phrase.ts'
import { isObject } from '../fields.ts'
import type { RowOptions } from '../row-options.ts'

/** What `--choices` says: the meaning of each value, by its key. */
export type Choices = ReadonlyMap<string, string>

/** Values that differ in letter case and blanks only have one key; so have nothing and the ways in which tables write it. */
export function valueKey(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  const text = textOf(value).normalize('NFKC')
  const key = text.trim().replaceAll(/\s+/g, ' ').toLowerCase()
  if (/^[+-]?\d+(\.\d*)?$/.test(key)) return String(Number(key))
  return ['', 'null', 'nan', 'n/a', 'na', '-'].includes(key) ? 'null' : key
}

/** A value as text. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? '')

/**
 * The map of `--choices`: `VALUE=MEANING` texts with commas between them, an object, or the name of a YAML file of one.
 * @throws InputError for anything else
 */
export function choicesOf(choices: RowOptions['choices']): Choices {
  if (choices === undefined) return new Map()
  const map = new Map<string, string>()
  for (const [value, meaning] of entriesOf(choices)) {
    const key = valueKey(value)
    if (map.has(key))
      throw new InputError(phrase`${option('choices')}: "${value}" appears twice`, { remedy: 'remove one of the two' })
    map.set(key, String(meaning).trim().toLowerCase())
  }
  return map
}

/** `--choices` with the content of the file that it names, so that a run alone says how its data was read. */
export function resolvedChoices(choices: RowOptions['choices']): RowOptions['choices'] {
  return typeof choices === 'string' && isFile(choices) ? Object.fromEntries(entriesOf(choices)) : choices
}

/** The file that `--choices` names; undefined where it holds the map itself. */
export const choicesFile = (choices: RowOptions['choices']): string | undefined =>
  typeof choices === 'string' && isFile(choices) ? choices : undefined

const isFile = (text: string): boolean => /\.ya?ml$/i.test(text) && !text.includes('=')

function entriesOf(choices: NonNullable<RowOptions['choices']>): [string, string | number][] {
  if (typeof choices !== 'string') return Object.entries(choices)
  if (isFile(choices)) return fileEntries(choices)
  // A value may hold commas: a part without "=" belongs to the value after it.
  let pending = ''
  const entries: [string, string][] = []
  for (const piece of choices.split(',')) {
    const text = pending + piece
    const at = text.lastIndexOf('=')
    pending = at === -1 ? `${text},` : ''
    if (at !== -1) entries.push([text.slice(0, at).trim(), text.slice(at + 1)])
  }
  if (entries.length === 0 || pending.trim() !== '')
    throw new InputError(
      phrase`${option('choices')}: found "${choices}", expected VALUE=MEANING with commas between them`,
      {
        remedy: phrase`give for example ${settings({ choices: 'A is better=a, B is better=b, tie=tie' })}, or name a .yaml file`,
      },
    )
  return entries
}

function fileEntries(path: string): [string, string | number][] {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new InputError(phrase`${option('choices')} ${path}: cannot be read (${reason})`, {
      remedy: 'give a YAML file with lines such as "A is better: a"',
      cause: error,
    })
  }
  if (!isObject(value))
    throw new InputError(phrase`${option('choices')} ${path}: expected lines such as "A is better: a"`)
  return Object.entries(value).map(([name, meaning]) => {
    if (typeof meaning === 'string' || typeof meaning === 'number') return [name, meaning]
    throw new InputError(
      phrase`${option('choices')} ${path}: "${name}": expected a meaning such as a, b:2, tie or drop`,
    )
  })
}
