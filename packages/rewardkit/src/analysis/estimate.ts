import type { Interval } from '../statistics/types.ts'

/**
 * A statistic with its 95 % interval. Null where it is undefined, and `reason` says why in words. The ends alone may be
 * null, too.
 */
export interface Estimate {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly reason?: string
}

/** A statistic that these pairs do not define. */
export const undefinedFor = (reason: string): Estimate => ({ value: null, low: null, high: null, reason })

/** Why an interval over prompts is not defined, if it is not. */
export const onePrompt = 'all pairs have the same prompt, so their spread over prompts is unknown'

/**
 * An interval as an estimate.
 * @param reason why the ends are not defined, where they are not finite
 */
export function estimateOf({ value, low, high }: Interval, reason: string = onePrompt): Estimate {
  if (!Number.isFinite(value)) return undefinedFor(reason)
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { value, low: null, high: null, reason }
  return { value, low, high }
}

/** The estimate of an increasing linear function of what is estimated. */
export function scaled(estimate: Estimate, factor: number, offset = 0): Estimate {
  const at = (end: number | null) => (end === null ? null : factor * end + offset)
  return { ...estimate, value: at(estimate.value), low: at(estimate.low), high: at(estimate.high) }
}
