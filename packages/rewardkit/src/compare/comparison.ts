import type { Claim } from '../analysis/claims.ts'
import type { Interval } from '../statistics/types.ts'

/** `comparison.json`: arms on the same pairs, and every two of them compared. */
export interface Comparison {
  readonly schema_version: 1
  readonly versions: Readonly<Record<string, string>>
  readonly pairs: number
  readonly prompts: number
  /** What is left out because not every run has it. */
  readonly left_out: LeftOut | null
  readonly arms: readonly ArmRecord[]
  /** Every two arms, the baseline first. */
  readonly comparisons: readonly ArmComparison[]
  /** The paper's claims about how margins change with accuracy from arm to arm, with five arms or more. */
  readonly claims: readonly Claim[]
  /** What should be known of the runs before the numbers are believed. */
  readonly notes: readonly string[]
  /** The verdict of `--fail-if-worse`, if it was given. */
  readonly gate: GateResult | null
}

export interface GateResult {
  readonly bound: number
  readonly passed: boolean
  /** One for each arm after the baseline. */
  readonly sentences: readonly string[]
}

/** Pairs that `--intersect` left out. */
export interface LeftOut {
  /** Ids of any run that are not in all of them. */
  readonly pairs: number
  readonly first_ids: readonly string[]
  /** Of them, those that are other pairs under the same id, by what differs. */
  readonly differing: Readonly<Record<string, number>>
}

/** One arm: a way of training (or a model), with its runs. */
export interface ArmRecord {
  readonly name: string
  readonly runs: readonly RunRecord[]
  /** Mean over its runs; the 95 % interval is about exactly these models. */
  readonly accuracy: Interval
  /** Mean over its runs. */
  readonly mean_over_standard_deviation: number
  readonly log_loss_after_temperature: number
}

export interface RunRecord {
  readonly path: string
  /** null where no config.yaml says it. */
  readonly seed: number | null
  /** Hash of the model folder; null where no summary.json says it. */
  readonly model_sha256: string | null
  readonly accuracy: number
}

/** Two arms on the same pairs. Every difference is `b` minus `a`. Shares are from 0 to 1. */
export interface ArmComparison {
  readonly a: string
  readonly b: string
  readonly pairs: number
  readonly prompts: number
  /** Runs of the arm that has fewer. */
  readonly seeds: number
  readonly runs: { readonly a: number; readonly b: number }
  /** Whether the runs of both arms are paired by seed: the same initial weights and order. */
  readonly seeds_paired: boolean
  /** Mean over the runs of each arm. */
  readonly accuracy: { readonly a: number; readonly b: number }
  /**
   * Difference of accuracy with a 95 % interval. With several seeds in both arms it is about the two ways of training:
   * prompts and seeds are both drawn again. Otherwise it is about these models, and only prompts are.
   */
  readonly difference: Interval
  /** The same for exactly these models: only prompts are drawn again. */
  readonly difference_of_these_models: Interval
  /** The null: each prompt's difference could as well have had the other sign. About these models. */
  readonly test: { readonly name: 'mcnemar_exact' | 'sign_flip'; readonly p: number; readonly mid_p: number }
  /** Student's t with seeds - 1 degrees; null with one seed in an arm. About the two ways of training. */
  readonly training_test: { readonly name: 'crossed_t'; readonly p: number; readonly degrees: number } | null
  /** The p value that decides (of `training_test`, else of `test`), after Holm's correction over all comparisons. */
  readonly p_holm: number
  readonly equivalence: { readonly bound: number; readonly p: number }
  /** The smallest true difference that this design finds in 80 % of repetitions (two-sided, 5 %). */
  readonly detectable_difference: number
  /** Prompts that would find the difference seen as often; null where no number of prompts would, with these seeds. */
  readonly required_prompts: number | null
  /** Seeds in each arm that would, with these prompts; null with one seed, and where no number would. */
  readonly required_seeds: number | null
  readonly verdict: Verdict
  readonly agreement: Agreement
  /** Mean over standard deviation of the reward margins, which has no scale. */
  readonly mean_over_standard_deviation: Interval
  /** Log loss in nats after a temperature that other prompts gave (cross-fitted); below zero, `b` is better. */
  readonly log_loss_after_temperature: Interval
  readonly subsets: Readonly<Record<string, SubsetDifference>>
  /** The paper's claims about training with margins, if one model was trained with and one without. */
  readonly claims: readonly Claim[]
  /** All of it in words. */
  readonly sentences: readonly string[]
}

export type Verdict = 'b_is_better' | 'b_is_worse' | 'not_told_apart'

/** Where the two arms are right (shares of pairs, means over runs), and how alike their margins are. */
export interface Agreement {
  readonly both_right: number
  readonly only_a: number
  readonly only_b: number
  readonly both_wrong: number
  /** Spearman's rank correlation of the reward margins, a mean over runs. */
  readonly margin_rank_correlation: number
}

export interface SubsetDifference {
  readonly pairs: number
  readonly prompts: number
  readonly difference: Interval
  readonly p: number
  /** After Holm's correction over the subsets. */
  readonly p_holm: number
}
