import type { PairSummary } from '../statistics/types.ts'
import { type Agreement, agreement } from './agreement.ts'
import { type Calibration, calibrationOf } from './calibration.ts'
import { type Confounds, confounds } from './confounds.ts'
import { type Groups, groupSummary } from './groups.ts'
import { type LabelNoise, labelNoise } from './label-noise.ts'
import { type Claim, claimsOf } from './claims.ts'
import { type MarginDistribution, marginDistribution } from './margin-distribution.ts'
import { summarizePairs, summarizeSubsets } from './pair-summary.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'
import { type SubsetMeans, subsetMeans } from './subset-means.ts'
import { type Suspicious, suspiciousPairs } from './suspicious.ts'
import { type GivenTemperature, temperaturesFor } from './temperature.ts'
import { type Baselines, compareWithBaselines } from './baselines.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** What is known beside the rewards; all of it is optional. */
export interface AnalysisContext {
  /** The temperature of the model's calibration.json, where it fits and was not fitted on these pairs. */
  readonly temperature?: GivenTemperature | null
}

/** What the rewards of pairs show: of all pairs, of each subset, and one block for each question. */
export interface Analysis extends PairSummary {
  readonly subsets: Readonly<Record<string, PairSummary>>
  /** Absent, like the blocks below, in what earlier versions wrote. */
  readonly margin_distribution?: MarginDistribution
  readonly claims?: readonly Claim[]
  readonly calibration?: Calibration
  /** This and what follows is absent in what versions before schema version 2 wrote. */
  readonly baselines?: Baselines | undefined
  /** The words that terminal, report and model card begin with; `verdictOf` gives them for an older summary. */
  readonly verdict?: Verdict | undefined
  readonly subset_means?: SubsetMeans | undefined
  readonly groups?: Groups | undefined
  readonly agreement?: Agreement | null
  readonly confounds?: Confounds
  readonly label_noise?: LabelNoise
  readonly suspicious?: Suspicious
}

/**
 * Everything that is said of evaluated pairs, whether a model has just computed their rewards or a file held them.
 * @throws InputError for no pairs, FailureError for rewards that are not finite
 */
export function analyse(table: RewardTable, context: AnalysisContext = {}): Analysis {
  const clusters = promptClusters(table)
  const temperatures = temperaturesFor(table.margins, clusters, context.temperature)
  const summary = summarizePairs(table, temperatures)
  const baselines = compareWithBaselines(table)
  const noise = labelNoise(table.margins, clusters)
  const distribution = marginDistribution(table)
  return {
    ...summary,
    subsets: summarizeSubsets(table, temperatures),
    subset_means: subsetMeans(table),
    groups: groupSummary(table),
    margin_distribution: distribution,
    claims: claimsOf(table, distribution),
    calibration: calibrationOf(table.margins, clusters, temperatures),
    baselines,
    verdict: verdictOf({ ...summary, baselines }),
    agreement: agreement(table),
    confounds: confounds(table),
    label_noise: noise,
    suspicious: suspiciousPairs(table, noise).counts,
  }
}
