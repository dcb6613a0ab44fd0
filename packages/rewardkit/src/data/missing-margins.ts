import { InputError } from '../errors.ts'
import { option, phrase, settings } from '../phrase.ts'
import type { Group } from './group.ts'
import type { Tally } from './tally.ts'

/** What to do with preferences that have no annotated margin: refuse, leave them out, or give them this margin. */
export type MissingMargin = 'error' | 'drop' | number

/**
 * Checks that an objective which needs annotated margins gets them. `path` is where the preferences came from.
 *
 * @throws InputError if margins are missing and `missingMargin` is 'error', or if there are none; the message counts and
 * names the option `missingMargin`. InputError for margins below `leastMargin`.
 */
export function checkMargins(
  { preferences, withoutMargin, lowMargins, firstLowMargin }: Tally,
  options: { readonly path: string; readonly missingMargin: MissingMargin; readonly leastMargin?: number | undefined },
): void {
  const { path, missingMargin, leastMargin = -Infinity } = options
  if (withoutMargin === preferences && typeof missingMargin !== 'number') {
    throw new InputError(
      `${path}: none of the ${preferences} preferences has a margin; expected a number in the field "margin"`,
      { remedy: 'add it or choose an objective without annotated margins' },
    )
  }
  if (withoutMargin > 0 && missingMargin === 'error') {
    throw new InputError(
      `${path}: ${withoutMargin} of ${preferences} preferences have no margin; expected a number in the field "margin"`,
      { remedy: phrase`give ${settings({ missingMargin: 'drop' })}, or a number for ${option('missingMargin')}` },
    )
  }
  if (typeof missingMargin === 'number' && missingMargin < leastMargin) {
    throw new InputError(
      phrase`${option('missingMargin')}: found ${missingMargin}, expected ${leastMargin} or more for this objective`,
    )
  }
  if (firstLowMargin) {
    throw new InputError(
      `${path}: ${lowMargins} of ${preferences} preferences have a margin below ${leastMargin} (the first is ${firstLowMargin.id}: ${firstLowMargin.margin}), which the objective cannot use`,
      { remedy: 'remove them or choose another objective' },
    )
  }
}

/** The group with a margin in every preference: the others are left out, or get `missingMargin` where it is a number. */
export function withMargins(group: Group, missingMargin: MissingMargin): Group {
  const preferences = group.preferences.flatMap((preference) => {
    if (preference.margin !== undefined) return [preference]
    return typeof missingMargin === 'number' ? [{ ...preference, margin: missingMargin }] : []
  })
  return { ...group, preferences }
}
