import { at } from '../at.ts'
import type { RewardTable } from './reward-table.ts'

/** Why a pair is worth reading. */
export const tellingReasons = ['lowest margin', 'smallest margin', 'highest margin', 'well ranked'] as const
export type TellingReason = (typeof tellingReasons)[number]

export interface TellingPair {
  /** Its place in the table. */
  readonly pair: number
  readonly reason: TellingReason
}

/** Shares of the pairs that are kept: those that show most are most. */
const shares: readonly (readonly [TellingReason, number])[] = [
  ['lowest margin', 0.5],
  ['smallest margin', 0.2],
  ['highest margin', 0.1],
]

/**
 * The `count` pairs that say most about a model. Half of them are those with the lowest margins, a fifth those with
 * the margins nearest to zero, and a tenth those with the highest margins. The others are evenly spaced among those that
 * are ranked well. Pairs whose margin is not finite come first of all. Of equal margins the first in the table is taken.
 */
export function tellingPairs({ margins, pairs }: Pick<RewardTable, 'margins' | 'pairs'>, count: number): TellingPair[] {
  const found: TellingPair[] = []
  const isTaken = new Uint8Array(pairs)
  const take = (order: Iterable<number>, reason: TellingReason, most: number) => {
    let taken = 0
    for (const pair of order) {
      if (taken >= most || found.length >= count) return
      if (isTaken[pair] === 1) continue
      isTaken[pair] = 1
      found.push({ pair, reason })
      taken += 1
    }
  }
  const size = (pair: number) => Math.abs(at(margins, pair))
  const rising = ordered(margins, (pair) => at(margins, pair))
  const wrong = rising.filter((pair) => !(at(margins, pair) >= 0))
  const right = rising.filter((pair) => at(margins, pair) > 0)
  const orders: Readonly<Record<string, () => Iterable<number>>> = {
    'lowest margin': () => wrong,
    'smallest margin': () => ordered(margins, size),
    'highest margin': () => right.toReversed(),
  }
  for (const [reason, share] of shares) take(orders[reason]?.() ?? [], reason, Math.round(share * count))
  const left = right.filter((pair) => isTaken[pair] === 0)
  take(spaced(left, count - found.length), 'well ranked', count)
  take(wrong, 'lowest margin', count)
  take(right, 'well ranked', count)
  take(rising, 'smallest margin', count)
  return found
}

/** Places in the order of their values; those without a number first, equal ones in their order. */
function ordered(margins: ArrayLike<number>, value: (pair: number) => number): Int32Array {
  const keys = Float64Array.from(margins, (_, pair) => value(pair))
  return Int32Array.from(keys, (_, pair) => pair).sort((a, b) => {
    const [left, right] = [at(keys, a), at(keys, b)]
    return (Number.isNaN(left) ? -Infinity : left) - (Number.isNaN(right) ? -Infinity : right) || a - b
  })
}

/** About `count` of the items, evenly spaced. */
function spaced(items: Int32Array, count: number): Int32Array {
  if (count <= 0) return items.subarray(0, 0)
  const stride = Math.max(1, items.length / count)
  return items.filter((_, place) => Math.floor(place / stride) !== Math.floor((place - 1) / stride))
}
