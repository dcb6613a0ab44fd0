import { InputError } from '../errors.ts'
import { option, phrase } from '../phrase.ts'
import { nearestName } from '../nearest.ts'
import type { Interval, PairSummary } from '../statistics/types.ts'

/** Metrics with an interval that higher values make better. */
const metrics = { accuracy: ({ accuracy }) => accuracy } satisfies Record<string, (summary: PairSummary) => Interval>
const metricNames = ['accuracy'] as const satisfies readonly (keyof typeof metrics)[]

/** The least value of a metric that an evaluation must show. */
export interface Gate {
  readonly metric: keyof typeof metrics
  /** A share, from 0 to 1. */
  readonly threshold: number
}

/** What a gate says of an evaluation. */
export interface Verdict extends Gate, Interval {
  readonly passed: boolean
}

/**
 * Reads a gate such as `accuracy=0.65`.
 * @throws InputError for another metric, or for a number outside 0 to 1
 */
export function parseGate(text: string): Gate {
  const [name = '', value, ...rest] = text.split('=').map((part) => part.trim())
  const metric = metricNames.find((known) => known === name)
  if (metric === undefined) {
    const near = nearestName(name, metricNames)
    const remedy = near === undefined ? undefined : `did you mean ${near}?`
    throw new InputError(
      phrase`${option('failBelow')}: found metric "${name}", expected ${metricNames.join(' or ')}, as in accuracy=0.65`,
      { remedy },
    )
  }
  const threshold = value === undefined || value === '' || rest.length > 0 ? NaN : Number(value)
  if (!(threshold >= 0 && threshold <= 1))
    throw new InputError(
      phrase`${option('failBelow')}: found "${text}", expected a share from 0 to 1 after "=", as in ${metric}=0.65`,
    )
  return { metric, threshold }
}

/**
 * Judges an evaluation by the lower end of the metric's 95 % interval: a gate that is passed holds for other pairs of the
 * same kind, too, not for these alone.
 */
export function judge(summary: PairSummary, { metric, threshold }: Gate): Verdict {
  const interval = metrics[metric](summary)
  return { metric, threshold, ...interval, passed: interval.low >= threshold }
}

/** `pass: accuracy 0.7031 (95 % interval 0.6655-0.7382), the lower end is not below 0.65`. */
export function formatVerdict({ metric, threshold, value, low, high, passed }: Verdict): string {
  // Rounded down, so that an end just below the threshold does not look like one that reaches it.
  const lowest = (Math.floor(low * 1e4) / 1e4).toFixed(4)
  const interval = `${metric} ${value.toFixed(4)} (95 % interval ${lowest}-${high.toFixed(4)})`
  return `${passed ? 'pass' : 'fail'}: ${interval}, the lower end is ${passed ? 'not ' : ''}below ${threshold}`
}
