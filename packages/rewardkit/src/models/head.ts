import { noGradient, ops, type Tensor } from '@rewardkit/torch'
import { z } from 'zod'
import { headName } from './weights.ts'

/** A head's bias as a checkpoint may hold it; ours has none, since a constant changes no preference. */
export const headBiasName = 'score.bias'

const schema = z.object({
  architectures: z.array(z.string()).nullish(),
  id2label: z.record(z.string(), z.string()).nullish(),
  num_labels: z.number().nullish(),
  value_head_prefix: z.string().optional(),
  normalize_reward: z.boolean().optional(),
  mean: z.number().optional(),
  std: z.number().positive().optional(),
})

/** What config.json says that only a model with a reward head has: its words, or null for a language model. */
export function claimOfHead(raw: Readonly<Record<string, unknown>>): string | null {
  const fields = schema.safeParse(raw).data
  const architecture = fields?.architectures?.find((name) => /ForSequenceClassification$|Reward|ValueHead/.test(name))
  if (architecture !== undefined) return architecture
  if (fields?.value_head_prefix !== undefined) return 'value_head_prefix'
  if (fields?.normalize_reward === true) return 'normalize_reward'
  const isOneLabel = fields?.num_labels === 1 || Object.keys(fields?.id2label ?? {}).length === 1
  return isOneLabel ? 'one label' : null
}

/**
 * The names of a reward head elsewhere, and ours for them. They are OpenRLHF's `value_head` (or config.json's
 * `value_head_prefix`; openrlhf/models/model.py), and `v_head.summary` of TRL's AutoModelForCausalLMWithValueHead,
 * which LLaMA-Factory writes to a separate file.
 */
export function headNames(raw: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const prefix = schema.safeParse(raw).data?.value_head_prefix ?? 'value_head'
  return new Map(
    [prefix, 'value_head', 'v_head.summary'].flatMap((module) => [
      [`${module}.weight`, headName],
      [`${module}.bias`, headBiasName],
    ]),
  )
}

/**
 * What is added to every reward, after OpenRLHF's normaliser became part of the head. With `normalize_reward` that is
 * (reward - mean) / std: its scale goes into the weights in place, its shift and the head's bias into the constant.
 */
export function normalizeHead(head: Tensor, bias: number, raw: Readonly<Record<string, unknown>>): number {
  const { normalize_reward: normalized = false, mean = 0, std = 1 } = schema.safeParse(raw).data ?? {}
  if (!normalized) return bias
  noGradient(() => ops.mul_scalar_(head, 1 / std))
  return (bias - mean) / std
}
