import type { Claim } from '../analysis/claims.ts'
import { claimsAcrossModels, claimsOfMarginTraining } from '../analysis/claims-across.ts'
import { promptClusters, type RewardTable } from '../analysis/reward-table.ts'
import type { ReportRun } from './report-run.ts'

/** A claim with the runs that it is about. */
export interface ClaimOfRuns extends Claim {
  readonly run: string
}

/**
 * The paper's claims that need several runs: how margins change with accuracy, and what training with margins does. For
 * the latter, each run whose objective has a margin is compared with the first run of Bradley-Terry on the same pairs.
 */
export function severalClaims(runs: readonly ReportRun[]): ClaimOfRuns[] {
  if (runs.length < 2) return []
  const models = runs.flatMap(({ evaluation }) => {
    const distribution = evaluation?.summary.margin_distribution
    return evaluation && distribution ? [{ accuracy: evaluation.summary.accuracy.value, distribution }] : []
  })
  const across = models.length < 2 ? [] : claimsAcrossModels(models)
  const without = runs.find(({ objective, evaluation }) => objective === 'bradley-terry' && evaluation)
  return [
    ...across.map((claim) => ({ ...claim, run: 'all runs' })),
    ...runs.flatMap((run) => {
      const [before, after] = [without?.evaluation?.table, run.evaluation?.table]
      if (!run.objective.includes('margin') || !before || !after || !haveSamePairs(before, after)) return []
      const name = `${run.name} against ${without?.name}`
      return claimsOfMarginTraining(before, after, promptClusters(before)).map((claim) => ({ ...claim, run: name }))
    }),
  ]
}

function haveSamePairs(one: RewardTable, other: RewardTable): boolean {
  return one.pairs === other.pairs && one.ids.every((id, pair) => id === other.ids[pair])
}
