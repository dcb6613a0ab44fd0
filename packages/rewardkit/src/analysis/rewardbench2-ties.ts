import type { GroupRewards } from './group-rewards.ts'

/** A mean over units, and its weight in a score. */
export interface TiesTerm {
  readonly weight: number
  readonly units: readonly { readonly cluster: string; readonly value: number }[]
}

/** Rewards of right and wrong responses, as the rule of Ties looks at them. */
interface Stats {
  /** Every right response is above every wrong one. */
  readonly isAccurate: boolean
  /** The lowest right reward less the highest wrong one. */
  readonly correctMargin: number
  /** The highest right reward less the lowest right one; null for one right response. */
  readonly spread: number | null
}

/**
 * The subset Ties of RewardBench 2, by the rule of its package (rewardbench 0.1.4, `process_single_model`). Ids are
 * `ref:N`, a question with one right answer, and `tied:N`, the question N with several. The score is 0.3 of the accuracy
 * on each kind, and three parts over the N of both kinds. 0.2 of it is how often right answers are further from wrong
 * ones than from each other. Another 0.2 is the same with the smaller distance of the two kinds. Last comes 0.01 of the
 * mean of tanh(smaller distance / spread - 1), where answers spread at all.
 */
export function tiesTerms(groups: readonly GroupRewards[]): {
  readonly terms: readonly TiesTerm[]
  readonly reason?: string
} {
  const stats = { ref: new Map<string, Stats>(), tied: new Map<string, Stats>() }
  for (const group of groups) {
    const [, kind, number] = /^(ref|tied):(\d+)$/.exec(group.id) ?? []
    if ((kind !== 'ref' && kind !== 'tied') || number === undefined)
      return { terms: [], reason: `the id "${group.id}" is neither ref:N nor tied:N, which the rule of Ties needs` }
    stats[kind].set(number, statsOf(group))
  }
  const both = [...stats.tied].flatMap(([number, tied]) => {
    const ref = stats.ref.get(number)
    if (!ref || tied.spread === null) return []
    const least = Math.min(ref.correctMargin, tied.correctMargin)
    return [{ cluster: `ties ${number}`, tied, spread: tied.spread, least }]
  })
  const hasPairs = [...stats.tied.keys()].some((number) => stats.ref.has(number))
  if (hasPairs && both.length === 0) return { terms: [], reason: 'no question of Ties has several right answers' }
  const accurate = (of: ReadonlyMap<string, Stats>) =>
    [...of].map(([number, { isAccurate }]) => ({ cluster: `ties ${number}`, value: isAccurate ? 1 : 0 }))
  return {
    terms: [
      { weight: 0.3, units: accurate(stats.tied) },
      { weight: 0.3, units: accurate(stats.ref) },
      {
        weight: 0.2,
        units: both.map(({ cluster, tied, spread }) => ({ cluster, value: tied.correctMargin > spread ? 1 : 0 })),
      },
      { weight: 0.2, units: both.map(({ cluster, least, spread }) => ({ cluster, value: least > spread ? 1 : 0 })) },
      {
        weight: 0.01,
        units: both
          .filter(({ spread }) => spread > 0)
          .map(({ cluster, least, spread }) => ({ cluster, value: Math.tanh(least / spread - 1) })),
      },
    ],
  }
}

function statsOf({ chosen, rejected }: GroupRewards): Stats {
  const right = [...chosen.values()]
  const correctMargin = Math.min(...right) - Math.max(...rejected.values())
  return {
    isAccurate: correctMargin > 0,
    correctMargin,
    spread: right.length > 1 ? Math.max(...right) - Math.min(...right) : null,
  }
}
