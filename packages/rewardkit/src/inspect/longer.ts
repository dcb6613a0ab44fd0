import type { Preference } from '../data/group.ts'

/** In how many pairs the better response is the longer one. Pairs without a preference (probability 0.5) do not count. */
export interface LongerCounts {
  chosen_longer: number
  equal: number
  rejected_longer: number
}

export const noLonger = (): LongerCounts => ({ chosen_longer: 0, equal: 0, rejected_longer: 0 })

/** Counts one pair by any measure of its two responses. */
export function countLonger(
  counts: LongerCounts,
  preference: Preference,
  lengthOf: (response: number) => number,
): void {
  const judged = betterOf(preference)
  if (!judged) return
  const difference = lengthOf(judged.better) - lengthOf(judged.worse)
  counts[difference > 0 ? 'chosen_longer' : difference < 0 ? 'rejected_longer' : 'equal'] += 1
}

/** Share of pairs whose better response is longer; null without pairs. Equal lengths count half, as in `longer_wins`. */
export function shareLonger({ chosen_longer: longer, equal, rejected_longer: shorter }: LongerCounts): number | null {
  const all = longer + equal + shorter
  return all === 0 ? null : (longer + equal / 2) / all
}

/** Which response is better: below probability 0.5 it is the one called rejected, at 0.5 none is. */
export function betterOf({ chosen, rejected, probability = 1 }: Preference) {
  if (probability === 0.5) return undefined
  return probability > 0.5 ? { better: chosen, worse: rejected } : { better: rejected, worse: chosen }
}
