import { InputError } from '../errors.ts'
import type { Group, Preference } from './group.ts'

/** What to do with preferences that have no annotated margin: refuse, leave them out, or give them this margin. */
export type MissingMargin = 'error' | 'drop' | number

/**
 * Groups in which every preference has an annotated margin, for objectives that need one, and the number of
 * preferences that were left out. `path` is where they came from.
 *
 * @throws InputError if margins are missing and `missingMargin` is 'error', or if nothing is left; the message counts
 * and names the option `--missing-margin`. InputError for margins below `leastMargin`.
 */
export function resolveMargins(
  groups: readonly Group[],
  options: { readonly path: string; readonly missingMargin: MissingMargin; readonly leastMargin?: number | undefined },
): { groups: Group[]; dropped: number } {
  const { path, missingMargin, leastMargin = -Infinity } = options
  const all = groups.flatMap((group) => group.preferences)
  const missing = all.filter((preference) => preference.margin === undefined).length
  if (missing === all.length && typeof missingMargin !== 'number') {
    throw new InputError(
      `${path}: none of the ${all.length} preferences has a margin; expected a number in the field "margin"; add it or choose an objective without annotated margins`,
    )
  }
  if (missing > 0 && missingMargin === 'error') {
    throw new InputError(
      `${path}: ${missing} of ${all.length} preferences have no margin; expected a number in the field "margin"; choose --missing-margin drop or --missing-margin NUMBER`,
    )
  }
  const tooLow = groups.filter(({ preferences }) => preferences.some(({ margin = Infinity }) => margin < leastMargin))
  const lowest = tooLow[0]?.preferences.find(({ margin = Infinity }) => margin < leastMargin)
  if (lowest || (typeof missingMargin === 'number' && missingMargin < leastMargin))
    throw new InputError(
      lowest
        ? `${path}: ${tooLow.length} of ${groups.length} pairs have a margin below ${leastMargin} (the first is ${tooLow[0]?.id}: ${lowest.margin}), which the objective cannot use; remove them or choose another objective`
        : `--missing-margin: found ${missingMargin}, expected ${leastMargin} or more for this objective`,
    )
  const resolve = (preference: Preference): Preference[] => {
    if (preference.margin !== undefined) return [preference]
    return typeof missingMargin === 'number' ? [{ ...preference, margin: missingMargin }] : []
  }
  const resolved = groups.map((group) => ({ ...group, preferences: group.preferences.flatMap(resolve) }))
  return {
    groups: resolved.filter((group) => group.preferences.length > 0),
    dropped: typeof missingMargin === 'number' ? 0 : missing,
  }
}
