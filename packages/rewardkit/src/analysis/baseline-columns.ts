import { at } from '../at.ts'
import type { BaselineName, RewardRow } from '../statistics/types.ts'
import { createColumn } from './columns.ts'

/** Names of the baselines that have a reward for each response, in the order in which they are shown. */
export const rewardBaselines = [
  'bag_of_words',
  'log_likelihood',
  'log_likelihood_per_token',
] as const satisfies readonly BaselineName[]

/** Margins by which baselines prefer the chosen response, one entry a pair; NaN for a pair without one. */
export type BaselineMargins = Readonly<Partial<Record<BaselineName, Float64Array>>>

/** Gathers the columns row by row. */
export function createBaselineColumns() {
  const columns = rewardBaselines.map((name) => ({ name, column: createColumn(), isPresent: false }))
  return {
    add({ baseline_margins: margins }: Pick<RewardRow, 'baseline_margins'>): void {
      for (const one of columns) {
        const margin = margins?.[one.name]
        one.isPresent ||= margin !== undefined
        one.column.push(margin ?? NaN)
      }
    },
    /** The columns; undefined where no row has a margin. */
    columns(): BaselineMargins | undefined {
      const present = columns.filter(({ isPresent }) => isPresent)
      if (present.length === 0) return undefined
      return Object.fromEntries(present.map(({ name, column }) => [name, column.values()]))
    },
  }
}

/** The columns of some pairs, in the order given. */
export function selectBaselines(margins: BaselineMargins, pairs: Int32Array): BaselineMargins {
  return Object.fromEntries(
    presentIn(margins).map(([name, values]) => [name, Float64Array.from(pairs, (pair) => at(values, pair))]),
  )
}

/** What a row of `rewards.jsonl` says of the baselines. */
export function baselineFieldsOf(margins: BaselineMargins, pair: number): Pick<RewardRow, 'baseline_margins'> {
  const known = presentIn(margins).flatMap(([name, values]) => {
    const margin = at(values, pair)
    return Number.isNaN(margin) ? [] : [[name, margin] as const]
  })
  return known.length === 0 ? {} : { baseline_margins: Object.fromEntries(known) }
}

const presentIn = (margins: BaselineMargins) =>
  rewardBaselines.flatMap((name) => {
    const values = margins[name]
    return values ? [[name, values] as const] : []
  })
