import { studentQuantile } from './distributions.ts'
import type { Estimate } from './intervals.ts'

/** The share of repetitions in which a difference of the stated size is found. */
const power = 0.8

/** Standard errors between no difference and one that a two-sided test at 5 % finds in 80 % of repetitions. */
const reach = (degrees: number): number => studentQuantile(0.975, degrees) + studentQuantile(power, degrees)

/** The smallest true difference that an estimate with this error finds in 80 % of repetitions (two-sided, at 5 %). */
export const detectableDifference = ({ error, degrees }: Pick<Estimate, 'error' | 'degrees'>): number =>
  reach(degrees) * error

/** What the variance of a difference is made of. */
export interface DifferenceDesign {
  readonly prompts: number
  /** The variance with these seeds if only prompts are drawn again. */
  readonly promptVariance: number
  /** What seeds add; null where an arm has one run. */
  readonly seeds: { readonly variance: number; readonly count: number } | null
}

/**
 * The prompts that find a true difference of this size in 80 % of repetitions, with as many seeds. Null where no number
 * of prompts does.
 */
export function requiredPrompts(
  { prompts, promptVariance, seeds }: DifferenceDesign,
  difference: number,
): number | null {
  const degrees = seeds ? seeds.count - 1 : prompts - 1
  const allowed = (difference / reach(degrees)) ** 2 - (seeds?.variance ?? 0)
  const needed = Math.ceil((prompts * promptVariance) / allowed)
  return allowed > 0 && Number.isSafeInteger(needed) ? Math.max(2, needed) : null
}

/** More seeds than anyone trains. */
const mostSeeds = 1000

/**
 * The seeds in each arm that find a true difference of this size in 80 % of repetitions, with as many prompts. The
 * variance that seeds add falls with their number. Null with one seed, and where 1,000 do not suffice.
 */
export function requiredSeeds({ promptVariance, seeds }: DifferenceDesign, difference: number): number | null {
  if (!seeds) return null
  for (let count = 2; count <= mostSeeds; count++) {
    const variance = promptVariance + (seeds.variance * seeds.count) / count
    if (reach(count - 1) * Math.sqrt(variance) <= Math.abs(difference)) return count
  }
  return null
}
