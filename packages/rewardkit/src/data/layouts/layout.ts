import { isDeepStrictEqual } from 'node:util'
import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { fieldError, isObject, optionalName, optionalNumber, textOrMessages, type Row } from '../fields.ts'
import { contentOf, type TextOrMessages } from '../build.ts'
import { saysSomething } from '../degenerate.ts'
import type { Group, Message, Preference } from '../group.ts'
import { freeName } from '../columns.ts'
import type { RowOptions } from '../row-options.ts'
import type { Judgements } from '../tables/judgements.ts'
import { isTie } from '../probability.ts'

/** What a layout may look at besides the row. */
export interface RowContext {
  /** For a row without an id. */
  readonly defaultId: string
  readonly options: RowOptions
  /** How judgements of a table are read, and what was read so far. */
  readonly judgements?: Judgements
}

/** A row that is left out on purpose: counted under this reason (snake case). */
export interface Skipped {
  readonly skipped: string
}

/** What a row has: groups, and what was left out of it. */
export type Reading = Group | Skipped | readonly (Group | Skipped)[]

/** One layout of rows. The first layout of the list that recognises a row reads it. */
export interface Layout<Name extends string = string> {
  readonly name: Name
  /** A typical row, for a layout that is recognised among all others: a test sees that no other takes it. */
  readonly example?: Row
  /** Looks at columns (null counts as absent) and at the kind of their values; need not be sure that the row is valid. */
  recognises(row: Row): boolean
  /**
   * The groups that a row has. Responses stay in the order of the row, so that `write` can put them back; ties come as
   * `tie` says. Throws an InputError that names the field; the caller puts file and line in front.
   */
  read(row: Row, context: RowContext): Reading
  /**
   * For rows that only together make a group, such as scores of single responses: the key of the rows that belong
   * together, and their group once all rows were read.
   */
  readonly gather?: {
    key(row: Row, context: Omit<RowContext, 'defaultId'>): string
    /** `total` rows had this key, as many as there are without it; the default id is that of the first. */
    read(rows: readonly Row[], context: RowContext, total?: number): Reading
    /** Rows of one key that are kept at most, spread evenly over them; all without it. */
    readonly most?: number
    /** The columns that are read. The others do not come to `meta` by their names. */
    readonly columns?: readonly string[]
  }
  /**
   * Rows from which `read` makes the group again, as far as the layout can hold it: one for each preference where a row
   * holds a pair. Throws an InputError for what it cannot hold at all, such as a layout without conversations.
   */
  write(group: Group): readonly Row[]
}

/**
 * Columns that no layout reads as preferences. A caller that knows the source can say which options would read them.
 */
export class UnknownLayout extends InputError {
  override name = 'UnknownLayout'
}

/** True where the column has a value: null is how pandas and Parquet write an absent one. */
export function isPresent(row: Row, column: string): boolean {
  return row[column] !== undefined && row[column] !== null
}

/** The columns that `judgement` reads. */
export const judgementColumns: readonly string[] = ['margin', 'weight', 'probability']
const commonColumns = new Set(['id', 'subset', 'meta'])
/** Columns of our own layouts: a table that holds several of them has all, null where the layout of the row has none. */
const ownColumns = new Set([
  'prompt',
  'chosen',
  'rejected',
  'response',
  'responses',
  'preferences',
  ...judgementColumns,
])

/**
 * `id`, `subset` and `meta`; columns that neither these nor `own` name go into `meta`, as `NAME_column` where it holds
 * another value of their name.
 */
export function commonFields(row: Row, defaultId: string, own: readonly string[]) {
  const { meta } = row
  if (meta !== undefined && meta !== null && !isObject(meta)) throw fieldError('meta', meta, 'an object')
  const held: Row = meta ?? {}
  const other = Object.entries(row)
    .filter(
      ([column, value]) =>
        !commonColumns.has(column) && !own.includes(column) && !(value === null && ownColumns.has(column)),
    )
    .map(([column, value]) => {
      const isTaken = Object.hasOwn(held, column) && !isDeepStrictEqual(held[column], value)
      return [isTaken ? freeName(column, held, row) : column, value] as const
    })
  return {
    id: optionalName(row, 'id') ?? defaultId,
    subset: optionalName(row, 'subset'),
    meta: { ...Object.fromEntries(other), ...held },
  }
}

/** The columns that have no place of their own: all but `own`. */
export function otherColumns(row: Row, own: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !own.includes(column)))
}

/** `margin`, `weight` and `probability` of a preference. */
export function judgement(row: Row): Pick<Preference, 'margin' | 'weight' | 'probability'> {
  const margin = optionalNumber(row, 'margin')
  const weight = optionalNumber(row, 'weight', 0)
  const probability = optionalNumber(row, 'probability', 0, 1)
  return {
    ...(margin === undefined ? {} : { margin }),
    ...(weight === undefined ? {} : { weight }),
    ...(probability === undefined ? {} : { probability }),
  }
}

/**
 * The preference of a row that compares two responses. `better` is the index of the better one, or null for a tie,
 * which is left out or becomes probability 0.5 (`--ties`). The others then get probability 1, because soft-label needs
 * one for every pair.
 */
export function judged(better: 0 | 1 | null, { ties }: RowOptions, margin?: number): Preference | Skipped {
  if (better === null) return ties === 'half' ? { chosen: 0, rejected: 1, probability: 0.5 } : { skipped: 'tie' }
  return {
    chosen: better,
    rejected: 1 - better,
    ...(margin === undefined ? {} : { margin }),
    ...(ties === 'half' ? { probability: 1 } : {}),
  }
}

/** The most pairs of one row, a thousand responses each with each: more fit neither in memory nor in a line. */
const mostPairs = 500_000

/** Throws an InputError where responses make more pairs than one row may. */
export function checkPairs(responses: number, pairs: number): void {
  if (pairs > mostPairs)
    throw new InputError(`${responses} responses make ${pairs} pairs, expected at most ${mostPairs} of one row`, {
      remedy: 'give fewer responses',
    })
}

/**
 * Compares every pair of responses by their scores: the higher one is better, by a margin of the difference over `unit`;
 * equal ones are ties.
 * @throws InputError for a row of too many
 */
export function judgedByScore(
  scores: readonly number[],
  options: RowOptions,
  unit = 1,
): { readonly preferences: readonly Preference[]; readonly skipped: readonly Skipped[] } {
  checkPairs(scores.length, (scores.length * (scores.length - 1)) / 2)
  const preferences: Preference[] = []
  const skipped: Skipped[] = []
  for (const [i, one] of scores.entries()) {
    for (let j = i + 1; j < scores.length; j++) {
      const other = at(scores, j)
      const better = one === other ? null : one > other ? 0 : 1
      const preference = judged(better, options, better === null ? undefined : Math.abs(one - other) / unit)
      if ('skipped' in preference) skipped.push(preference)
      else preferences.push({ ...preference, chosen: better === 1 ? j : i, rejected: better === 1 ? i : j })
    }
  }
  return { preferences, skipped }
}

/** Text of a field. Throws where it is none, a boolean for example. */
export function textField(row: Row, field: string): string {
  const value = row[field]
  if (typeof value === 'string') return value
  throw fieldError(field, value, 'text')
}

/** The plain text of a conversation that is one message; layouts that hold texts cannot hold more. */
export function singleText(messages: readonly Message[], what: string): string {
  const [message] = messages
  if (messages.length > 1)
    throw new InputError(`the ${what} is a conversation of ${messages.length} messages; this layout holds one text`)
  return message === undefined ? '' : contentOf(message)
}

/** The pairs of a group, for layouts that hold a pair a row. */
export function pairsOf(group: Group): {
  readonly chosen: readonly Message[]
  readonly rejected: readonly Message[]
  readonly preference: Preference
}[] {
  return group.preferences.map((preference) => ({
    chosen: at(group.responses, preference.chosen),
    rejected: at(group.responses, preference.rejected),
    preference,
  }))
}

/** The same without ties, for layouts that have none. */
export const decidedPairsOf = (group: Group) => pairsOf(group).filter(({ preference }) => !isTie(preference))

/** A preference as rows hold it that compare a first response with a second one. */
export interface Comparison {
  /** Indexes of the two in the group, in its order. */
  readonly indexes: readonly [number, number]
  readonly responses: readonly [readonly Message[], readonly Message[]]
  /** Which of the two is the better one; null for a tie. */
  readonly better: 0 | 1 | null
  readonly margin: number | undefined
}

/** The comparisons of a group: the inverse of `judged`. */
export function comparisonsOf({ responses, preferences }: Group): Comparison[] {
  return preferences.map((preference) => {
    const { chosen, rejected, margin } = preference
    const isFirst = chosen < rejected
    const indexes = isFirst ? ([chosen, rejected] as const) : ([rejected, chosen] as const)
    return {
      indexes,
      responses: [at(responses, indexes[0]), at(responses, indexes[1])],
      better: isTie(preference) ? null : isFirst ? 0 : 1,
      margin,
    }
  })
}

/** `id`, `subset` and `meta` as our own layouts write them. */
export function writtenFields({ id, subset, meta }: Group): Row {
  return { id, ...(subset === undefined ? {} : { subset }), ...(meta === undefined ? {} : { meta }) }
}

/** `margin`, `weight` and `probability` of a preference, those that it has. */
export function writtenJudgement({ margin, weight, probability }: Preference): Row {
  const judgements = Object.entries({ margin, weight, probability })
  return Object.fromEntries(judgements.filter(([, value]) => value !== undefined))
}

/** Prompt or response as our own layouts write them: text where the group is text, else messages. */
export function asWritten({ form }: Group, messages: readonly Message[]): string | readonly Message[] {
  return form === 'text' ? messages.map(contentOf).join('') : messages
}

/** The `prompt` column where there is one; an empty one is an error, for nobody can say what was asked. */
export function promptField(row: Row): TextOrMessages | undefined {
  const { prompt } = row
  if (prompt === undefined || prompt === null) return undefined
  const value = textOrMessages(prompt, 'prompt')
  const empty = typeof value === 'string' ? value.trim() === '' : value.every((message) => !saysSomething(message))
  if (empty) {
    const remedy = 'remove the row, or the column if the responses are whole texts'
    throw fieldError('prompt', prompt, 'a prompt that says something', remedy)
  }
  return value
}
