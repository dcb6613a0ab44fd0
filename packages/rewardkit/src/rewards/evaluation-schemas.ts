import { z } from 'zod'
import type { RewardRow } from '../statistics/types.ts'
import {
  agreementSchema,
  baselinesSchema,
  calibrationSchema,
  claimsSchema,
  confoundsSchema,
  formatMark,
  groupsSchema,
  interval,
  labelNoiseSchema,
  marginDistributionSchema,
  measured,
  subsetMeansSchema,
  suspiciousSchema,
} from './block-schemas.ts'
import type { EvaluationSummary } from './evaluation-summary.ts'

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
  baselines: baselinesSchema.exactOptional(),
  verdict: z.object({ sentences: z.array(z.string()) }).exactOptional(),
  ...pairSummary,
  subset_means: subsetMeansSchema.exactOptional(),
  groups: groupsSchema.exactOptional(),
  agreement: agreementSchema.exactOptional(),
  confounds: confoundsSchema.exactOptional(),
  label_noise: labelNoiseSchema.exactOptional(),
  suspicious: suspiciousSchema.exactOptional(),
  margin_distribution: marginDistributionSchema.exactOptional(),
  calibration: calibrationSchema.exactOptional(),
  claims: claimsSchema.exactOptional(),
})

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
