import type { Group } from './group.ts'

/** What the preferences of a file have and lack, counted. */
export interface Tally {
  readonly preferences: number
  readonly withoutMargin: number
  readonly withoutProbability: number
  /** Preferences whose probability is neither 0.5 nor 1. */
  readonly uncertain: number
  readonly withWeight: number
  /** Preferences with a margin below the least that is usable, and the first of them. */
  readonly lowMargins: number
  readonly firstLowMargin?: { readonly id: string; readonly margin: number }
  /** Counts one more group. */
  add(group: Group): void
}

/** A tally of nothing yet. `leastMargin` is the least margin that is usable. */
export function createTally(leastMargin = -Infinity): Tally {
  const tally: { -readonly [Name in keyof Tally]: Tally[Name] } = {
    preferences: 0,
    withoutMargin: 0,
    withoutProbability: 0,
    uncertain: 0,
    withWeight: 0,
    lowMargins: 0,
    add({ id, preferences }) {
      for (const { margin, probability, weight } of preferences) {
        tally.preferences += 1
        if (margin === undefined) tally.withoutMargin += 1
        else if (margin < leastMargin) {
          tally.lowMargins += 1
          tally.firstLowMargin ??= { id, margin }
        }
        if (probability === undefined) tally.withoutProbability += 1
        else if (probability !== 0.5 && probability !== 1) tally.uncertain += 1
        if (weight !== undefined) tally.withWeight += 1
      }
    },
  }
  return tally
}
