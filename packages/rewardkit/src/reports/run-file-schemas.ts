import { z } from 'zod'

import { interval, measured } from '../rewards/block-schemas.ts'
import type { MetricsLine } from '../run-metrics.ts'

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

const hiddenStatesSchema = z.object({
  schema_version: version,
  kind: z.literal('hidden_states'),
  step: z.number(),
  seconds: measured,
})

/** One line of `metrics.jsonl`. */
export const metricsLineSchema: z.ZodType<MetricsLine> = z.discriminatedUnion('kind', [
  stepSchema,
  evaluationSchema,
  hiddenStatesSchema,
])

/** One line of `evaluation/telling_pairs.jsonl`, or of `worst_pairs.jsonl`: the texts of a pair. */
export const tellingPairSchema = z.object({
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
