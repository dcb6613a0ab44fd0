import { z } from 'zod'
import type { Agreement } from '../analysis/agreement.ts'
import type { Baselines } from '../analysis/baselines.ts'
import type { Calibration } from '../analysis/calibration.ts'
import type { Claim } from '../analysis/claims.ts'
import type { Confounds } from '../analysis/confounds.ts'
import { formatMarks } from '../analysis/format-marks.ts'
import type { Groups } from '../analysis/groups.ts'
import type { LabelNoise } from '../analysis/label-noise.ts'
import type { MarginDistribution } from '../analysis/margin-distribution.ts'
import type { SubsetMeans } from '../analysis/subset-means.ts'
import type { Suspicious } from '../analysis/suspicious.ts'

// The blocks of summary.json, one for each question of the analysis.

/** JSON has no NaN or infinity: a run that diverged has null in their place. */
export const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)

/** A number with the ends of its interval. */
export const interval = z.object({ value: measured, low: measured, high: measured })

/** Null where the analysis defines none. */
const maybe = interval.nullable()
const number = z.number().nullable()
const reason = z.string().nullable()
const statistic = z.object({ value: number, low: number, high: number, reason: z.string().exactOptional() })
const part = z.object({ pairs: z.number(), prompts: z.number(), accuracy: maybe })

export const formatMark = z.enum(formatMarks)

const baseline = z.object({
  pairs: z.number(),
  accuracy: interval,
  difference: interval,
  beats: z.enum(['yes', 'no', 'not told apart']),
  subsets: z.record(z.string(), interval),
})

export const baselinesSchema: z.ZodType<Baselines> = z.object({
  longer_wins: baseline.exactOptional(),
  bag_of_words: baseline.exactOptional(),
  log_likelihood: baseline.exactOptional(),
  log_likelihood_per_token: baseline.exactOptional(),
})

export const subsetMeansSchema: z.ZodType<SubsetMeans> = z.object({
  subsets: z.number(),
  pairs: z.number(),
  weighted: statistic,
  unweighted: statistic,
})

const groupShare = z.object({ groups: z.number(), prompts: z.number(), accuracy: interval })
const styleAccuracies = z.object({
  groups: z.number(),
  prompts: z.number(),
  pairs: z.number(),
  easy: statistic,
  normal: statistic,
  hard: statistic,
  average: statistic,
})

export const groupsSchema: z.ZodType<Groups> = z.object({
  groups: z.number(),
  best_of_k: groupShare
    .extend({
      least_responses: z.number(),
      most_responses: z.number(),
      chance: z.number(),
      ties: z.number(),
      subsets: z.record(z.string(), groupShare),
    })
    .exactOptional(),
  rewardbench2: z
    .object({ subsets: z.record(z.string(), z.object({ groups: z.number(), score: statistic })), average: statistic })
    .exactOptional(),
  rm_bench: styleAccuracies
    .extend({
      styles: z.array(z.string()),
      matrix: z.array(z.array(number)),
      subsets: z.record(z.string(), styleAccuracies),
    })
    .exactOptional(),
})

export const marginDistributionSchema: z.ZodType<MarginDistribution> = z.object({
  mean: statistic,
  standard_deviation: statistic,
  mean_over_standard_deviation: statistic,
  median: statistic,
  skewness: statistic,
  skewness_adjusted: statistic,
  excess_kurtosis: statistic,
  excess_kurtosis_adjusted: statistic,
  share_below_zero: statistic,
  quantiles: z.array(statistic.extend({ share: z.number() })),
})

export const claimsSchema: z.ZodType<readonly Claim[]> = z.array(
  statistic.extend({
    claim: z.string(),
    verdict: z.enum(['holds', 'does not hold', 'cannot tell']),
    words: z.string(),
  }),
)

const calibrationScores = z.object({
  log_loss: statistic,
  brier_score: statistic,
  expected_calibration_error: statistic.extend({ bins: z.number(), if_calibrated: statistic }),
  reliability: z.array(z.object({ pairs: z.number(), confidence: z.number(), accuracy: statistic })),
})

export const calibrationSchema: z.ZodType<Calibration> = calibrationScores.extend({
  after_temperature: calibrationScores.extend({
    source: z.enum(['calibration_file', 'cross_fitting', 'none']),
    temperature: statistic,
    words: z.string(),
  }),
})

const rankCorrelation = interval.extend({ p: z.number() }).nullable()

export const agreementSchema: z.ZodType<Agreement | null> = z
  .object({
    pairs: z.number(),
    prompts: z.number(),
    spearman: rankCorrelation,
    kendall_tau_b: rankCorrelation,
    reason,
    grades: z.array(part.extend({ from: z.number(), to: z.number(), mean_reward_margin: maybe })),
  })
  .nullable()

const lengthConfound = z.object({
  measure: z.enum(['tokens', 'characters']),
  chosen_longer: part,
  chosen_shorter: part,
  equal_length: part,
  length_controlled_accuracy: maybe,
  rank_correlation: maybe,
  partial_rank_correlation: maybe,
})
const repeats = z.object({
  duplicate_pairs: z.number(),
  contradicting_pairs: z.number(),
  prompts_with_several_pairs: z.number(),
  most_pairs_of_a_prompt: z.number(),
  accuracy_without_repeats: maybe,
})
const markConfound = z.object({
  mark: formatMark,
  only_chosen: part,
  only_rejected: part,
  rewards_follow: maybe,
  labels_follow: maybe,
})

export const confoundsSchema: z.ZodType<Confounds> = z.object({
  length: lengthConfound.nullable(),
  turns: z.array(part.extend({ from: z.number(), to: number })).nullable(),
  repeats: repeats.nullable(),
  marks: z.array(markConfound).nullable(),
})

export const labelNoiseSchema: z.ZodType<LabelNoise> = z.object({
  model: z.literal('symmetric_flips'),
  rate: maybe,
  fitting: z.object({ low: z.number(), high: z.number() }).nullable(),
  temperature: number,
  reason,
})

export const suspiciousSchema: z.ZodType<Suspicious> = z.object({
  pairs: z.number(),
  confidently_wrong: number,
  contradiction: number,
  outlier: number,
  near_tie: z.number(),
})
