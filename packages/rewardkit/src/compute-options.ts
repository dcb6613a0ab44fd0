import { availableParallelism } from 'node:os'
import { cpuFeatures } from '@rewardkit/torch/setup'
import { z } from 'zod'
import { inGroup } from './option-groups.ts'

/** The type that the model computes in. Parameters stay float32, and so do head and rewards. */
export type ComputeDtype = 'float32' | 'bfloat16'

const count = z.number().int().positive()
const aliases: Readonly<Record<string, string>> = { fp32: 'float32', bf16: 'bfloat16' }

/** How the processor is used; changes speed and rounding alone. */
export const computeOptionsSchema = z.object(
  inGroup('memory', {
    dtype: z
      .preprocess(
        (value) => (typeof value === 'string' ? (aliases[value] ?? value) : value),
        z.enum(['auto', 'float32', 'bfloat16']),
      )
      .default('auto')
      .describe('compute type; the weights stay float32. auto takes bfloat16 if the processor has instructions for it'),
    device: z.enum(['cpu']).default('cpu').describe('device to compute on').meta({ advanced: true }),
    threads: count
      .max(256)
      .optional()
      .describe('CPU threads for each operator')
      .meta({ defaultText: 'the processors that this process may use' }),
    microBatchTokens: count
      .default(2048)
      .describe('tokens that go through the model at a time (a larger group goes alone); fewer take less memory'),
  }),
)

/** `auto` is bfloat16 where the processor multiplies matrices in it, else float32: without, it is slower by far. */
export function resolveDtype(dtype: 'auto' | ComputeDtype): ComputeDtype {
  if (dtype !== 'auto') return dtype
  const features = cpuFeatures()
  return ['avx512_bf16', 'amx_bf16', 'bf16'].some((name) => features.includes(name)) ? 'bfloat16' : 'float32'
}

/** The processors that this process may use. */
export const defaultThreads = (): number => availableParallelism()
