import type { ArmComparison, GateResult } from './comparison.ts'
import { inPoints, onePoint, rounded } from './words.ts'

/**
 * Judges every arm against the baseline by the lower end of its interval. All must pass, so no correction for several is
 * needed: a gate that lets a worse arm through errs at most as often as one test.
 */
export function judgeWorse(comparisons: readonly ArmComparison[], baseline: string, bound: number): GateResult {
  const results = comparisons
    .filter(({ a }) => a === baseline)
    .map((comparison) => ({ comparison, passed: comparison.difference.low > -bound }))
  return {
    bound,
    passed: results.every(({ passed }) => passed),
    sentences: results.map(({ comparison, passed }) => gateSentence(comparison, bound, passed)),
  }
}

function gateSentence(comparison: ArmComparison, bound: number, passed: boolean): string {
  const { a, b, difference } = comparison
  if (Number.isNaN(difference.low)) return 'fail: all pairs are of one prompt, which says nothing of others'
  const interval = `the 95 % interval of ${b} less ${a} is ${inPoints(difference.low)} to ${inPoints(difference.high)} points`
  const limit = `${onePoint(bound)} worse`
  if (passed) return `pass: ${b} is not ${limit} than ${a}: ${interval}`
  return `fail: ${reasonOf(comparison, bound, limit)}: ${interval}`
}

/** Whether `b` is worse, or the data are too few to exclude it. */
function reasonOf(comparison: ArmComparison, bound: number, limit: string): string {
  const { a, b, difference, seeds, training_test, difference_of_these_models: ofModels } = comparison
  if (difference.high <= -bound) return `${b} is ${limit} than ${a}, or more`
  if (difference.high < 0) return `${b} is worse than ${a}, and may be ${limit}`
  if (difference.value <= -bound) return `the pairs are too few to tell whether ${b} is ${limit} than ${a}; it looks so`
  if (training_test && ofModels.low > -bound)
    return `${seeds} seeds are too few to exclude that ${b} is ${limit} than ${a}`
  return `the pairs are too few to exclude that ${b} is ${limit} than ${a}${promptsNeeded(comparison, bound)}`
}

/** What would pass four times out of five if the truth is what was seen. */
function promptsNeeded(
  { difference, detectable_difference, prompts, training_test }: ArmComparison,
  bound: number,
): string {
  if (training_test) return ''
  return ` (about ${rounded(prompts * (detectable_difference / (difference.value + bound)) ** 2)} prompts would do)`
}
