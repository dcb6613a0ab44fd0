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
  readonly annotated_margin?: number | undefined
  /** Lengths of whole sequences, prompt included. Like `truncated`, absent where a model did not compute the rewards here. */
  readonly chosen_tokens?: number | undefined
  readonly rejected_tokens?: number | undefined
  readonly truncated?: boolean | undefined
  /** Of a pair that is one of several in a group: the group, and the two responses by their index in it. */
  readonly group_id?: string | undefined
  readonly chosen_response?: number | undefined
  readonly rejected_response?: number | undefined
  /** The layout that the group's row had, where its benchmark has a score of its own. */
  readonly layout?: string | undefined
  /** User turns of the prompt. This and what follows is there where the texts were at hand. */
  readonly turns?: number | undefined
  /** Characters (Unicode code points) of each response. */
  readonly chosen_characters?: number | undefined
  readonly rejected_characters?: number | undefined
  readonly chosen_marks?: readonly FormatMark[] | undefined
  readonly rejected_marks?: readonly FormatMark[] | undefined
  /** The id of the first pair with the same prompt and responses and the same label; absent where there is none. */
  readonly duplicate_of?: string | undefined
  /** The id of the first pair with the same prompt and responses and the other label; absent where there is none. */
  readonly contradicts?: string | undefined
  /** Margins by which the baselines prefer the chosen response; absent where they were not computed. */
  readonly baseline_margins?: Readonly<Partial<Record<BaselineName, number>>> | undefined
}

/** A baseline that has a reward for each response. `longer_wins`, which reads only lengths, is none of them. */
export type BaselineName = 'bag_of_words' | 'log_likelihood' | 'log_likelihood_per_token'

/** A mark of form in a response. */
export type FormatMark = 'list' | 'heading' | 'code' | 'refusal'

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
  /**
   * Accuracy of "the longer response is the better one", in tokens, or in characters where tokens are not known. Equal
   * lengths count one half. NaN without lengths.
   */
  readonly longer_wins: Interval
  readonly reward_margin: MarginStatistics
  /** Mean of -log sigmoid(reward margin). */
  readonly log_loss: number
  /** The same after dividing margins by a temperature that was not fitted on them; NaN where there is none. */
  readonly log_loss_after_temperature: number
  /** The temperature of calibration.json, or else the one that minimises the log loss of all pairs of the evaluation. */
  readonly temperature: number
}
