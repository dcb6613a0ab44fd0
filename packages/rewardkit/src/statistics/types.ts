import type { CutCounts } from '../tokens/index.ts'

/** One line of `rewards.jsonl`. */
export interface RewardRow {
  readonly schema_version: 1
  readonly id: string
  readonly prompt_id: string
  readonly subset: string | null
  readonly chosen_reward: number
  readonly rejected_reward: number
  /** chosen_reward - rejected_reward, in float64 from the fp32 rewards. */
  readonly reward_margin: number
  readonly annotated_margin?: number
  readonly chosen_tokens: number
  readonly rejected_tokens: number
  readonly truncated: boolean
}

/** A share with its interval (95 % unless said otherwise). */
export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Sample statistics of reward margins; skewness is g1, kurtosis the excess g2 (scipy's bias=True). */
export interface MarginStatistics {
  readonly mean: number
  /** n - 1 in the denominator. */
  readonly standard_deviation: number
  readonly mean_over_standard_deviation: number
  readonly skewness: number
  readonly excess_kurtosis: number
  readonly share_below_zero: number
}

/** What is computed for all pairs and again for each subset. */
export interface PairSummary {
  readonly pairs: number
  readonly prompts: number
  readonly accuracy: Interval
  /** Pairs whose rewards are equal; they count as not correct. */
  readonly ties: number
  /** Accuracy of "the response with more tokens is the better one"; equal lengths count one half. */
  readonly longer_wins: Interval
  readonly reward_margin: MarginStatistics
  /** Mean of -log sigmoid(reward margin). */
  readonly log_loss: number
  /** The same after dividing margins by the one temperature that minimises it. */
  readonly log_loss_after_temperature: number
  readonly temperature: number
}

/** A reading option with the value that the model has saved (null where it has none), and the one in its place. */
export interface Overridden {
  readonly saved: string | number | null
  readonly given: string | number
}

/** `summary.json`. */
export interface EvaluationSummary extends PairSummary {
  readonly schema_version: 1
  readonly versions: Readonly<Record<string, string>>
  readonly model: {
    readonly path: string
    readonly sha256: string
    readonly dtype: string
    readonly pool: string
    /** Reading options that were given in place of those that the model has saved, by their names in rewardkit.json. */
    readonly overridden?: Readonly<Record<string, Overridden>>
    /** The day that the chat template printed, where it asks for the date. */
    readonly template_date?: string
  }
  readonly data: { readonly path: string; readonly sha256: string }
  readonly read: number
  readonly dropped: Readonly<Record<string, number>>
  /** Groups that lost tokens. */
  readonly truncated: number
  /** The same by what they lost; absent in what versions before truncation rule 2 wrote. */
  readonly cut?: CutCounts | undefined
  readonly subsets: Readonly<Record<string, PairSummary>>
}
