import { InputError } from '../../errors.ts'
import { degenerate } from '../degenerate.ts'
import { fieldError, type Row } from '../fields.ts'
import type { Group, Message, Preference } from '../group.ts'
import type { RowOptions } from '../row-options.ts'
import { isTie } from '../probability.ts'
import { checkPairs } from './layout.ts'

/** True where the column is a list of texts, and not a conversation. */
export const isListOfTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')

/** The texts of a list. Throws with the place of what is none. */
export function textList(row: Row, field: string, length?: number): string[] {
  const value = row[field]
  const expected = length === undefined ? 'a list of texts' : `a list of ${length} texts`
  if (!Array.isArray(value) || value.length === 0) throw fieldError(field, value, expected)
  if (length !== undefined && value.length !== length)
    throw new InputError(`field "${field}": found a list of ${value.length}, expected ${expected}`)
  return value.map((item: unknown, index) => {
    if (typeof item === 'string') return item
    throw fieldError(`${field}[${index}]`, item, 'text')
  })
}

/**
 * Each of the first `chosen` responses is preferred to each of the `rejected` ones after them; as in `judged`, with
 * probability 1 if ties have 0.5.
 * @throws InputError for a row of too many
 */
export function eachPreferred(chosen: number, rejected: number, options: RowOptions): Preference[] {
  checkPairs(chosen + rejected, chosen * rejected)
  return Array.from({ length: chosen * rejected }, (_, index) => ({
    ...(options.ties === 'half' ? { probability: 1 } : {}),
    chosen: Math.floor(index / rejected),
    rejected: chosen + (index % rejected),
  }))
}

/**
 * The responses that are preferred, and those to which they are.
 *
 * @throws InputError where not each of the former is preferred to each of the latter.
 */
export function chosenAndRejected(group: Group): {
  chosen: (readonly Message[])[]
  rejected: (readonly Message[])[]
} {
  const { responses } = group
  const preferences = group.preferences.filter((preference) => !isTie(preference))
  const better = new Set(preferences.map((preference) => preference.chosen))
  const worse = new Set(preferences.map((preference) => preference.rejected))
  const chosen = responses.filter((_, index) => better.has(index))
  const rejected = responses.filter((_, index) => worse.has(index))
  const pairs = new Set(preferences.map((preference) => `${preference.chosen} ${preference.rejected}`))
  const isOneOfBoth = [...better].some((index) => worse.has(index))
  // Pairs of no use, such as two equal responses, are left out by who reads them.
  const isMissing = (pair: Preference) =>
    !pairs.has(`${pair.chosen} ${pair.rejected}`) && degenerate(group, pair) === undefined
  const isPartial = [...better].some((one) => [...worse].some((other) => isMissing({ chosen: one, rejected: other })))
  if (better.size === 0 || isOneOfBoth || isPartial)
    throw new InputError(
      'the preferences do not divide the responses into chosen and rejected ones, which is what this layout holds',
      { remedy: 'write pairs or groups' },
    )
  return { chosen, rejected }
}
