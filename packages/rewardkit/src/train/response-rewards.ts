import { at } from '../at.ts'
import type { BatchRewards } from '../objectives/index.ts'
import type { EncodedGroup } from '../tokens/index.ts'

/**
 * The rewards of a batch's responses, and how they relate to the pairs that an objective sees. A response may take part
 * in several preferences, so its gradient is the sum over them.
 */
export interface ResponseRewards {
  /** Fills in the rewards of some groups (indexes into the batch), response after response, as the model gave them. */
  set(groups: readonly number[], rewards: Float32Array): void
  /** Largest |given - filled in| over some groups. */
  largestDifference(groups: readonly number[], rewards: Float32Array): number
  /** The pairs in order, in float64. Rewards that were not filled in yet are 0. */
  batch(): BatchRewards
  /** The gradient for the responses of some groups, float32, from the gradients for the pairs. */
  gradient(groups: readonly number[], chosen: Float64Array, rejected: Float64Array): Float32Array
}

export function responseRewards(batch: readonly EncodedGroup[]): ResponseRewards {
  const responseStart: number[] = []
  let responses = 0
  for (const group of batch) {
    responseStart.push(responses)
    responses += group.tokens.branchOf.length
  }
  const values = new Float64Array(responses)
  const pairs = batch.flatMap((group, i) =>
    group.preferences.map((preference) => ({
      ...preference,
      chosen: at(responseStart, i) + preference.chosen,
      rejected: at(responseStart, i) + preference.rejected,
    })),
  )
  const margin = column(pairs.map((pair) => pair.margin))
  const probability = column(pairs.map((pair) => pair.probability))
  const weight = pairs.some((pair) => pair.weight !== undefined)
    ? Float64Array.from(pairs, (pair) => pair.weight ?? 1)
    : undefined

  const forEachResponse = (groups: readonly number[], visit: (response: number, position: number) => void) => {
    let position = 0
    for (const group of groups) {
      const start = at(responseStart, group)
      const count = at(batch, group).tokens.branchOf.length
      for (let k = 0; k < count; k++) visit(start + k, position++)
    }
    return position
  }

  return {
    set(groups, rewards) {
      const count = forEachResponse(groups, (response, position) => (values[response] = at(rewards, position)))
      if (count !== rewards.length) throw new RangeError(`${count} responses got ${rewards.length} rewards`)
    },
    largestDifference(groups, rewards) {
      let largest = 0
      forEachResponse(groups, (response, position) => {
        largest = Math.max(largest, Math.abs(at(values, response) - at(rewards, position)))
      })
      return largest
    },
    batch: () => ({
      chosen: Float64Array.from(pairs, (pair) => at(values, pair.chosen)),
      rejected: Float64Array.from(pairs, (pair) => at(values, pair.rejected)),
      ...(margin && { margin }),
      ...(probability && { probability }),
      ...(weight && { weight }),
    }),
    gradient(groups, chosen, rejected) {
      const all = new Float64Array(responses)
      pairs.forEach((pair, i) => {
        all[pair.chosen] = at(all, pair.chosen) + at(chosen, i)
        all[pair.rejected] = at(all, pair.rejected) + at(rejected, i)
      })
      const slice: number[] = []
      forEachResponse(groups, (response) => slice.push(at(all, response)))
      return Float32Array.from(slice)
    },
  }
}

/** All values, or undefined where any is missing: an objective that needs them has been checked before training. */
function column(values: readonly (number | undefined)[]): Float64Array | undefined {
  const present = values.filter((value) => value !== undefined)
  return present.length === values.length ? Float64Array.from(present) : undefined
}
