import type { Interval } from '../statistics/types.ts'

/**
 * A statistic with its 95 % interval. Null where it is undefined, and `reason` says why in words. The ends alone may be
 * null, too.
 */
export interface Statistic {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly reason?: string
}

/** A statistic that these pairs do not define. */
export const undefinedFor = (reason: string): Statistic => ({ value: null, low: null, high: null, reason })

/** Why an interval over prompts is not defined, if it is not. */
export const onePrompt = 'all pairs have the same prompt, so their spread over prompts is unknown'

/**
 * An interval as a statistic.
 * @param reason why the ends are not defined, where they are not finite
 */
export function statisticOf({ value, low, high }: Interval, reason: string = onePrompt): Statistic {
  if (!Number.isFinite(value)) return undefinedFor(reason)
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { value, low: null, high: null, reason }
  return { value, low, high }
}

/** An increasing linear function of a statistic. */
export const linear = (statistic: Statistic, factor: number, offset = 0): Statistic =>
  mapped(statistic, (end) => factor * end + offset)

/** The exponential of a statistic: an interval that was found on the scale of logarithms. */
export const exponential = (statistic: Statistic): Statistic => mapped(statistic, Math.exp)

function mapped(statistic: Statistic, change: (end: number) => number): Statistic {
  const at = (end: number | null) => (end === null ? null : change(end))
  return { ...statistic, value: at(statistic.value), low: at(statistic.low), high: at(statistic.high) }
}
