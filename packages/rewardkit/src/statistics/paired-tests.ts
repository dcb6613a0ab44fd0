import { binomialCdf, studentCdf } from './distributions.ts'
import type { Estimate } from './intervals.ts'
import type { TestResult } from './sign-flips.ts'

/**
 * McNemar's exact test of two models on the same pairs, one a prompt (McNemar 1947; the mid p value in Fagerland et al.
 * 2013). If the models are equally good, a pair that only one of them gets right is as likely to be the other's. The
 * same as `signFlipTest` of the differences, with all patterns counted.
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): TestResult {
  const total = onlyFirst + onlySecond
  const fewer = Math.min(onlyFirst, onlySecond)
  // In an even split every result is at least as extreme, and only even splits are as extreme.
  const atLeast = Math.min(1, 2 * binomialCdf(fewer, total, 0.5))
  const beyond = 2 * binomialCdf(fewer - 1, total, 0.5)
  return { p: atLeast, mid_p: (atLeast + beyond) / 2 }
}

/** Student's two-sided test that an estimate is 0 in truth. NaN without an error or degrees of freedom. */
export const studentTest = ({ value, error, degrees }: Estimate): number =>
  value === 0 && error === 0 ? 1 : 2 * studentCdf(-Math.abs(value / error), degrees)

/**
 * Two one-sided t tests (Schuirmann 1987): a small p value says that the difference lies within `bound` of 0. The larger
 * p value of the two. At 5 %, the same as a 90 % interval within the bounds.
 */
export function equivalenceTest({ value, error, degrees }: Estimate, bound: number): { readonly p: number } {
  const nearest = bound - Math.abs(value)
  if (error === 0) return { p: nearest > 0 ? 0 : 1 }
  return { p: studentCdf(-nearest / error, degrees) }
}

/**
 * Holm's adjusted p values (1979), in the order given: those up to 0.05 hold together, with a chance of at most 5 % that
 * any of them is an error. NaN stays NaN and does not count as a test.
 */
export function holm(ps: readonly number[]): number[] {
  const order = [...ps.keys()].filter((i) => !Number.isNaN(ps[i])).sort((i, j) => (ps[i] ?? 0) - (ps[j] ?? 0))
  const adjusted = ps.map(() => NaN)
  let largest = 0
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * (ps[index] ?? NaN)))
    adjusted[index] = largest
  }
  return adjusted
}
