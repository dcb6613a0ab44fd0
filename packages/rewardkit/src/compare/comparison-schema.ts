import { z } from 'zod'
import { claimsSchema, interval, measured } from '../rewards/block-schemas.ts'
import type { Comparison } from './comparison.ts'

const test = z.object({ name: z.enum(['mcnemar_exact', 'sign_flip']), p: measured, mid_p: measured })
const trainingTest = z.object({ name: z.literal('crossed_t'), p: measured, degrees: measured })

const subset = z.object({
  pairs: z.number(),
  prompts: z.number(),
  difference: interval,
  p: measured,
  p_holm: measured,
})

const agreement = z.object({
  both_right: measured,
  only_a: measured,
  only_b: measured,
  both_wrong: measured,
  margin_rank_correlation: measured,
})

const armComparison = z.object({
  a: z.string(),
  b: z.string(),
  pairs: z.number(),
  prompts: z.number(),
  seeds: z.number(),
  runs: z.object({ a: z.number(), b: z.number() }),
  seeds_paired: z.boolean(),
  accuracy: z.object({ a: measured, b: measured }),
  difference: interval,
  difference_of_these_models: interval,
  test,
  training_test: trainingTest.nullable(),
  p_holm: measured,
  equivalence: z.object({ bound: z.number(), p: measured }),
  detectable_difference: measured,
  required_prompts: z.number().nullable(),
  required_seeds: z.number().nullable(),
  verdict: z.enum(['b_is_better', 'b_is_worse', 'not_told_apart']),
  agreement,
  mean_over_standard_deviation: interval,
  log_loss_after_temperature: interval,
  subsets: z.record(z.string(), subset),
  claims: claimsSchema,
  sentences: z.array(z.string()),
})

const arm = z.object({
  name: z.string(),
  runs: z.array(
    z.object({
      path: z.string(),
      seed: z.number().nullable(),
      model_sha256: z.string().nullable(),
      accuracy: measured,
    }),
  ),
  accuracy: interval,
  mean_over_standard_deviation: measured,
  log_loss_after_temperature: measured,
})

/** `comparison.json`. */
export const comparisonSchema: z.ZodType<Comparison> = z.object({
  schema_version: z.literal(1),
  versions: z.record(z.string(), z.string()),
  pairs: z.number(),
  prompts: z.number(),
  left_out: z
    .object({ pairs: z.number(), first_ids: z.array(z.string()), differing: z.record(z.string(), z.number()) })
    .nullable(),
  arms: z.array(arm),
  comparisons: z.array(armComparison),
  claims: claimsSchema,
  notes: z.array(z.string()),
  gate: z.object({ bound: z.number(), passed: z.boolean(), sentences: z.array(z.string()) }).nullable(),
})
