import { z } from 'zod'
import type { Groups } from '../analysis/groups.ts'
import type { SubsetMeans } from '../analysis/subset-means.ts'
import type { Agreement } from '../analysis/agreement.ts'
import type { Confounds } from '../analysis/confounds.ts'
import type { LabelNoise } from '../analysis/label-noise.ts'
import type { Suspicious } from '../analysis/suspicious.ts'
import type { RewardRow } from '../statistics/types.ts'
import type { Claim } from '../analysis/claims.ts'
import type { Calibration } from '../analysis/calibration.ts'
import type { MarginDistribution } from '../analysis/margin-distribution.ts'
import type { EvaluationSummary } from './evaluation-summary.ts'

/** JSON has no NaN or infinity: a run that diverged has null in their place. */
export const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)

/** A number with the ends of its interval. */
export const interval = z.object({ value: measured, low: measured, high: measured })

const pairSummary = {
  pairs: z.number(),
  prompts: z.number(),
  accuracy: interval,
  ties: z.number(),
  longer_wins: interval,
  reward_margin: z.object({
    mean: measured,
    standard_deviation: measured,
    mean_over_standard_deviation: measured,
    skewness: measured,
    excess_kurtosis: measured,
    share_below_zero: measured,
  }),
  log_loss: measured,
  log_loss_after_temperature: measured,
  temperature: measured,
}

const baseline = z.object({
  pairs: z.number(),
  accuracy: interval,
  difference: interval,
  beats: z.enum(['yes', 'no', 'not told apart']),
  subsets: z.record(z.string(), interval),
})
/** What one part of the analysis wrote, unread: it holds no NaN, and earlier versions did not write it. */
const block = <T extends object | null>() => z.custom<T>((value) => typeof value === 'object').exactOptional()

/**
 * `summary.json`. In version 1, `log_loss_after_temperature` used the temperature that fits the same pairs best.
 */
export const evaluationSummarySchema: z.ZodType<EvaluationSummary> = z.object({
  schema_version: z.union([z.literal(1), z.literal(2)]),
  versions: z.record(z.string(), z.string()),
  model: z
    .object({
      path: z.string(),
      sha256: z.string(),
      dtype: z.string(),
      pool: z.string(),
      overridden: z
        .record(
          z.string(),
          z.object({
            saved: z.union([z.string(), z.number()]).nullable(),
            given: z.union([z.string(), z.number()]),
          }),
        )
        .exactOptional(),
      template_date: z.string().exactOptional(),
    })
    .exactOptional(),
  data: z.object({ path: z.string(), sha256: z.string() }).exactOptional(),
  rewards: z.object({ path: z.string(), sha256: z.string() }).exactOptional(),
  read: z.number(),
  dropped: z.record(z.string(), z.number()),
  truncated: z.number(),
  cut: z
    .object({ prompt: z.number(), system: z.number(), responses: z.number(), unlike_rule_1: z.number() })
    .exactOptional(),
  subsets: z.record(z.string(), z.object(pairSummary)),
  baselines: z
    .object({
      longer_wins: baseline.exactOptional(),
      bag_of_words: baseline.exactOptional(),
      log_likelihood: baseline.exactOptional(),
      log_likelihood_per_token: baseline.exactOptional(),
    })
    .exactOptional(),
  verdict: z.object({ sentences: z.array(z.string()) }).exactOptional(),
  ...pairSummary,
  subset_means: block<SubsetMeans>(),
  groups: block<Groups>(),
  agreement: block<Agreement | null>(),
  confounds: block<Confounds>(),
  label_noise: block<LabelNoise>(),
  suspicious: block<Suspicious>(),
  margin_distribution: block<MarginDistribution>(),
  calibration: block<Calibration>(),
  claims: z.custom<readonly Claim[]>(Array.isArray).exactOptional(),
})

const formatMark = z.enum(['list', 'heading', 'code', 'refusal'])

/** One line of `rewards.jsonl`. */
export const rewardRowSchema: z.ZodType<RewardRow> = z.object({
  schema_version: z.literal(1),
  id: z.string(),
  prompt_id: z.string(),
  subset: z.string().nullable(),
  chosen_reward: measured,
  rejected_reward: measured,
  reward_margin: measured,
  annotated_margin: z.number().exactOptional(),
  chosen_tokens: z.number().exactOptional(),
  rejected_tokens: z.number().exactOptional(),
  truncated: z.boolean().exactOptional(),
  group_id: z.string().exactOptional(),
  chosen_response: z.number().exactOptional(),
  rejected_response: z.number().exactOptional(),
  layout: z.string().exactOptional(),
  turns: z.number().exactOptional(),
  chosen_characters: z.number().exactOptional(),
  rejected_characters: z.number().exactOptional(),
  chosen_marks: z.array(formatMark).exactOptional(),
  rejected_marks: z.array(formatMark).exactOptional(),
  duplicate_of: z.string().exactOptional(),
  contradicts: z.string().exactOptional(),
  baseline_margins: z
    .object({
      bag_of_words: z.number().exactOptional(),
      log_likelihood: z.number().exactOptional(),
      log_likelihood_per_token: z.number().exactOptional(),
    })
    .exactOptional(),
})
