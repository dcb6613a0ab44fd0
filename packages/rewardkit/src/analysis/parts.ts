import { at, float64At, int32At } from '../at.ts'
import { clusteredShare } from '../statistics/intervals.ts'
import type { Interval } from '../statistics/types.ts'
import type { RewardTable } from './reward-table.ts'

/** Some of the pairs: how many, of how many prompts, and the accuracy on them. */
export interface Part {
  readonly pairs: number
  readonly prompts: number
  /** Null without a pair. */
  readonly accuracy: Interval | null
}

/** The pairs for which something holds, by their indexes. */
export function pairsWhere(pairs: number, holds: (pair: number) => boolean): Int32Array {
  const found = new Int32Array(pairs)
  let count = 0
  for (let pair = 0; pair < pairs; pair++) if (holds(pair)) found[count++] = pair
  return found.slice(0, count)
}

/** A tie is not correct. */
export function partOf(table: RewardTable, pairs: Int32Array): Part {
  const prompts = promptsOf(table, pairs)
  const accuracy = shareOf(table, pairs, (pair) => (float64At(table.margins, pair) > 0 ? 1 : 0))
  return { pairs: pairs.length, prompts, accuracy }
}

/** The mean over some pairs of values from 0 to 1, with an interval that respects prompts; null without a pair. */
export function shareOf(table: RewardTable, pairs: Int32Array, value: (pair: number) => number): Interval | null {
  if (pairs.length === 0) return null
  const values = new Float64Array(pairs.length)
  for (let i = 0; i < pairs.length; i++) values[i] = value(int32At(pairs, i))
  return clusteredShare(values, clustersIn(table, pairs))
}

/** The values of some of the pairs. A loop: `from` with a function is several times slower on a million pairs. */
export function valuesOf(values: Float64Array, pairs: Int32Array): Float64Array {
  const result = new Float64Array(pairs.length)
  for (let i = 0; i < pairs.length; i++) result[i] = float64At(values, int32At(pairs, i))
  return result
}

/** The prompts of some of the pairs. */
export function clustersIn({ promptOf, promptIds }: Pick<RewardTable, 'promptOf' | 'promptIds'>, pairs: Int32Array) {
  return { of: pairs.map((pair) => int32At(promptOf, pair)), count: promptIds.length }
}

function promptsOf({ promptOf, promptIds }: RewardTable, pairs: Int32Array): number {
  const isSeen = new Uint8Array(promptIds.length)
  let prompts = 0
  for (const pair of pairs) {
    const prompt = int32At(promptOf, pair)
    prompts += 1 - at(isSeen, prompt)
    isSeen[prompt] = 1
  }
  return prompts
}
