import { type ComputeDtype, defaultThreads, resolveDtype } from '../compute-options.ts'
import { resolvedChoices } from '../data/index.ts'
import type { TrainOptions } from './train-options.ts'

/** Options in which it is known how long a sequence may be. */
export type SizedOptions = TrainOptions & { readonly maxLength: number }

/** Options in which every automatic choice that decides about bits has been made: what `config.yaml` holds. */
export type ResolvedOptions = SizedOptions & {
  readonly dtype: ComputeDtype
  readonly threads: number
  readonly warmupSteps: number
}

/** Makes the automatic choices once, for a run of N steps. */
export function resolveTrainOptions(options: SizedOptions, totalSteps: number): ResolvedOptions {
  const { warmupRatio, ...rest } = options
  return {
    ...rest,
    ...(rest.choices === undefined ? {} : { choices: resolvedChoices(rest.choices) }),
    dtype: resolveDtype(options.dtype),
    threads: options.threads ?? defaultThreads(),
    // Rounded up, as transformers does.
    warmupSteps: options.warmupSteps ?? Math.ceil(totalSteps * (warmupRatio ?? 0)),
  }
}
