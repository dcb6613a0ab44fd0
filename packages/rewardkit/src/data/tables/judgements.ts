import { InputError } from '../../errors.ts'
import { phrase, settings } from '../../phrase.ts'
import { type NamedColumns, namedColumns } from '../columns.ts'
import { described } from '../fields.ts'
import type { RowOptions } from '../row-options.ts'
import { type Choices, choicesOf, textOf, valueKey } from './choices.ts'

/** How the judgements of a table are read: what the options say, and what came of it so far. */
export interface Judgements {
  readonly choices: Choices
  /** What `--columns` says. */
  readonly named: readonly NamedColumns[]
  /** What was read as what, by the key of the value. */
  readonly words: Map<string, { readonly shown: string; readonly meaning: string; count: number }>
  /** What else there is to count, by what it is. */
  readonly counts: Map<string, number>
}

/** The judgements of rows that are about to be read. */
export function createJudgements({ choices, columns = [] }: Pick<RowOptions, 'choices' | 'columns'>): Judgements {
  return { choices: choicesOf(choices), named: namedColumns(columns), words: new Map(), counts: new Map() }
}

/** The columns of a name, as the user calls them. */
export const columnsOf = ({ named }: Judgements, name: string): readonly string[] =>
  named.find((one) => one.name === name)?.columns ?? [name]

/** Different values that are kept in mind: scores may have as many as there are rows. */
const mostWords = 1000

/** Keeps in mind that a value was read, and as what. */
export function noteWord({ words }: Judgements, value: unknown, meaning: string): void {
  const key = valueKey(value)
  const known = words.get(key)
  if (known) known.count += 1
  else if (words.size < mostWords) words.set(key, { shown: shownValue(value), meaning, count: 1 })
}

export function noteCount({ counts }: Judgements, what: string, count = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + count)
}

/** A value as messages and `--choices` show it. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'NULL'
  const line = textOf(value).trim().replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 60)}…` : line
}

/**
 * A judgement that is not understood. That concerns the options and not a row, so it stops the reading whatever
 * `onError` says, and a caller that knows the source lists all values of the column.
 */
export class UnknownJudgement extends InputError {
  override name = 'UnknownJudgement'
  readonly column: string
  /** Whether a value means something with the present options. */
  readonly isKnown: (value: unknown) => boolean
  /** What a value may mean that is not understood. */
  readonly meanings: string

  constructor(
    column: string,
    value: unknown,
    { expected, meanings, isKnown }: { expected: string; meanings: string; isKnown: (value: unknown) => boolean },
  ) {
    super(`column "${column}": found ${described(value)}, expected ${expected}`, {
      remedy: phrase`say what values mean, as in ${settings({ choices: `${shownValue(value)}=...` })}; a meaning is ${meanings}`,
    })
    this.column = column
    this.meanings = meanings
    this.isKnown = isKnown
  }
}
