import { counted } from '../counted.ts'
import type { Group, Preference } from './group.ts'
import type { RowOptions } from './row-options.ts'

/** Two responses, neither of which is better. */
export const isTie = ({ probability }: Preference): boolean => probability === 0.5

/**
 * A preference as everything after reading sees it: the chosen response is the likelier one, or neither is. Below 0.5
 * the two change places, and with them the sign of the margin. Under `ties: half` what has no probability has 1.
 */
export function upright(preference: Preference, { ties }: Pick<RowOptions, 'ties'>): Preference {
  const { chosen, rejected, margin, probability } = preference
  if (probability === undefined) return ties === 'half' ? { ...preference, probability: 1 } : preference
  if (probability >= 0.5) return preference
  const turnedMargin = margin === undefined ? {} : { margin: 0 - margin }
  return { ...preference, chosen: rejected, rejected: chosen, probability: 1 - probability, ...turnedMargin }
}

/** What to say of pairs that were turned round; undefined where there are none. */
export function turnedMessage(turned: number): string | undefined {
  if (turned === 0) return undefined
  return `${counted(turned, 'pair')} with a probability below 0.5 ${turned === 1 ? 'was' : 'were'} turned round: chosen and rejected changed places`
}

/** The group without its ties: where a preference is what counts, they are none. */
export function withoutTies(group: Group): Group {
  return group.preferences.some(isTie)
    ? { ...group, preferences: group.preferences.filter((preference) => !isTie(preference)) }
    : group
}
