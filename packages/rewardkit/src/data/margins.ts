import { InputError } from '../errors.ts'
import type { Group, Preference } from './group.ts'

/** What to do with preferences that have no annotated margin: refuse, leave them out, or give them this margin. */
export type MissingMargin = 'error' | 'drop' | number

/**
 * Groups in which every preference has an annotated margin, for objectives that need one, and the number of
 * preferences that were left out.
 *
 * @throws InputError if margins are missing and `missingMargin` is 'error', or if nothing is left; the message counts
 * and names the option `--missing-margin`.
 */
export function resolveMargins(
  groups: readonly Group[],
  options: { readonly missingMargin: MissingMargin },
): { groups: Group[]; dropped: number } {
  const { missingMargin } = options
  const all = groups.flatMap((group) => group.preferences)
  const missing = all.filter((preference) => preference.margin === undefined).length
  if (missing === all.length && typeof missingMargin !== 'number') {
    throw new InputError(
      `none of the ${all.length} preferences has a margin; expected a number in the field "margin"; add it or choose an objective without annotated margins`,
    )
  }
  if (missing > 0 && missingMargin === 'error') {
    throw new InputError(
      `${missing} of ${all.length} preferences have no margin; expected a number in the field "margin"; choose --missing-margin drop or --missing-margin NUMBER`,
    )
  }
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
