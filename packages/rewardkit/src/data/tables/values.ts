import { InputError, located } from '../../errors.ts'
import { type Phrase, phrase, settings } from '../../phrase.ts'
import { valueAt } from '../columns.ts'
import type { RowOptions } from '../row-options.ts'
import { createReading, readRows } from '../sources/read-rows.ts'
import type { Source } from '../sources/source.ts'
import { valueKey } from './choices.ts'
import { columnValues } from './column-values.ts'
import { proposedOptions } from './proposal.ts'
import { shownValue, type UnknownJudgement } from './judgements.ts'

/** Rows that are looked through for the values of a column, and different values that are kept in mind. */
const mostRows = 1_000_000
const mostValues = 1000
/** Values that a message lists. */
const mostListed = 20

/** The same mistake with all values of the column and their counts, and choices to begin with. */
export async function withAllValues(
  error: UnknownJudgement,
  place: string,
  source: Source,
  options: RowOptions,
): Promise<InputError> {
  const { column, isKnown, meanings } = error
  const values = await valuesOf(source, column, options)
  const sorted = [...values.values()].toSorted((one, other) => other.count - one.count)
  const listed = sorted.slice(0, mostListed).map(({ value, count }) => `"${shownValue(value)}" (${count})`)
  const more = sorted.length > mostListed ? ` and ${sorted.length - mostListed} more` : ''
  return new InputError(phrase`${place}: ${error.phrases.problem}; the column has ${listed.join(', ')}${more}`, {
    remedy: remedyOf(
      sorted.map(({ value }) => value),
      isKnown,
      meanings,
    ),
    cause: error,
  })
}

/** The same mistake with the options that would read the source, where its columns tell. */
export async function withProposal(
  error: InputError,
  place: string,
  source: Source,
  options: RowOptions,
): Promise<InputError> {
  const proposal = proposedOptions(await columnValues(source, options))
  const remedy = proposal ? phrase`judging by the names, these options read them: ${proposal}` : error.phrases.remedy
  return located(place, new InputError(error.phrases.problem, { remedy, cause: error }))
}

function remedyOf(values: readonly unknown[], isKnown: (value: unknown) => boolean, meanings: string): Phrase {
  const unknown = values.filter((value) => !isKnown(value))
  // 0, 1 and 2 may be tie, a and b, or a, b and tie: beside a 0, the other numbers are asked for, too.
  const hasZero = meanings.startsWith('a,') && unknown.some((value) => valueKey(value) === '0')
  const asked = hasZero ? values.filter((value) => !isKnown(value) || isNumber(value)) : unknown
  const shown = asked.slice(0, mostListed).map(shownValue)
  // Beside other numbers or words that are not understood, nobody knows that 0 and 1 are the two answers.
  const isOther = (value: unknown) => !isKnown(value) || isNumber(value)
  const pair = (['0 1', 'false true'] as const)
    .map((words) => words.split(' '))
    .find(
      (words) =>
        meanings.startsWith('a,') &&
        unknown.some((value) => words.includes(valueKey(value))) &&
        values.every((value) => words.includes(valueKey(value)) || !isOther(value)),
    )
  if (pair) {
    const [low = '', high = ''] = pair
    const [highIsB, highIsA] = [`${low}=a, ${high}=b`, `${low}=b, ${high}=a`]
    return phrase`give ${settings({ choices: highIsB })} if "${high}" means b, or ${settings({ choices: highIsA })} if it means a`
  }
  const choices = shown.map((value) => `${value}=drop`).join(', ')
  return phrase`give ${settings({ choices })}, with the meaning of each value instead of drop: ${meanings}`
}

const isNumber = (value: unknown): boolean => /^[+-]?\d/.test(valueKey(value))

/** The different values of a column, by their keys, with their counts. */
async function valuesOf(
  source: Source,
  column: string,
  options: RowOptions,
): Promise<Map<string, { value: unknown; count: number }>> {
  const values = new Map<string, { value: unknown; count: number }>()
  let rows = 0
  try {
    for (const file of source.files)
      for await (const item of readRows(file, createReading(options))) {
        if (++rows > mostRows) return values
        if ('error' in item) continue
        const value = lookedUp(item.row, column)
        const key = valueKey(value)
        const known = values.get(key)
        if (known) known.count += 1
        else if (values.size < mostValues) values.set(key, { value, count: 1 })
      }
  } catch (error) {
    // What else is wrong with the file is not what this error is about.
    if (!(error instanceof InputError)) throw error
  }
  return values
}

function lookedUp(row: Parameters<typeof valueAt>[0], column: string): unknown {
  try {
    return valueAt(row, column)
  } catch {
    return undefined
  }
}
