import { z } from 'zod'

import type { RewardRow } from '../statistics/types.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import type { MetricsLine } from '../run-metrics.ts'

/** JSON has no NaN or infinity: a run that diverged has null in their place. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)

const version = z.literal(1)

const stepSchema = z.object({
  schema_version: version,
  kind: z.literal('step'),
  step: z.number(),
  epoch: z.number(),
  pairs: z.number(),
  objective_loss: measured,
  bradley_terry_loss: measured,
  accuracy: measured,
  reward_margin_mean: measured,
  reward_margin_standard_deviation: measured,
  batch_margin: z.number().nullable(),
  share_below_threshold: z.number().nullable(),
  gradient_norm: measured,
  learning_rate: measured,
  reward_difference: z.number().nullable(),
  tokens: z.number(),
  tokens_per_second: measured,
  pairs_per_second: measured,
  seconds: measured,
  peak_memory: measured,
})

const evaluationSchema = z.object({
  schema_version: version,
  kind: z.literal('evaluation'),
  step: z.number(),
  pairs: z.number(),
  bradley_terry_loss: measured,
  accuracy: measured,
  accuracy_low: measured,
  accuracy_high: measured,
  reward_margin_mean: measured,
  reward_margin_standard_deviation: measured,
  seconds: measured,
})

/** One line of `metrics.jsonl`. */
export const metricsLineSchema: z.ZodType<MetricsLine> = z.discriminatedUnion('kind', [stepSchema, evaluationSchema])

const interval = z.object({ value: measured, low: measured, high: measured })

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

/** `evaluation/summary.json`. */
export const evaluationSummarySchema: z.ZodType<EvaluationSummary> = z.object({
  schema_version: version,
  versions: z.record(z.string(), z.string()),
  model: z.object({ path: z.string(), sha256: z.string(), dtype: z.string(), pool: z.string() }),
  data: z.object({ path: z.string(), sha256: z.string() }),
  read: z.number(),
  dropped: z.record(z.string(), z.number()),
  truncated: z.number(),
  cut: z
    .object({ prompt: z.number(), system: z.number(), responses: z.number(), unlike_rule_1: z.number() })
    .optional(),
  subsets: z.record(z.string(), z.object(pairSummary)),
  ...pairSummary,
})

const formatMark = z.enum(['list', 'heading', 'code', 'refusal'])

/** One line of `evaluation/rewards.jsonl`. */
export const rewardRowSchema: z.ZodType<RewardRow> = z.object({
  schema_version: version,
  id: z.string(),
  prompt_id: z.string(),
  subset: z.string().nullable(),
  chosen_reward: measured,
  rejected_reward: measured,
  reward_margin: measured,
  annotated_margin: z.number().optional(),
  chosen_tokens: z.number(),
  rejected_tokens: z.number(),
  truncated: z.boolean(),
  turns: z.number().optional(),
  chosen_characters: z.number().optional(),
  rejected_characters: z.number().optional(),
  chosen_marks: z.array(formatMark).optional(),
  rejected_marks: z.array(formatMark).optional(),
  duplicate_of: z.string().optional(),
  contradicts: z.string().optional(),
})

/** One line of `evaluation/worst_pairs.jsonl`: the texts of a pair with a low reward margin. */
export const worstPairSchema = z.object({
  schema_version: version,
  id: z.string(),
  prompt: z.string(),
  chosen: z.string(),
  rejected: z.string(),
})

/** `evaluation/truth.json`, which exists where the pairs were simulated: what is known of them. */
export const truthSchema = z.object({
  schema_version: version,
  true_margin: z.record(z.string(), z.number()),
  best_achievable_accuracy: z.number().optional(),
  accuracy_on_true_labels: interval.optional(),
  rank_correlation: z.number().optional(),
})

/** The contents of `evaluation/truth.json`. */
export type TruthFile = z.input<typeof truthSchema>

/** `config.yaml`: any mapping. */
export const configSchema = z.record(z.string(), z.unknown())
