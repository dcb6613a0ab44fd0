import { binomialCdf, normalQuantile, studentQuantile } from './distributions.ts'
import type { Estimate } from './intervals.ts'
import { mcnemarExact } from './paired-tests.ts'
import type { Interval } from './types.ts'

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
  /** What is needed if a test has these degrees of freedom. */
  const neededFor = (degrees: number): number | null => {
    const allowed = (difference / reach(degrees)) ** 2 - (seeds?.variance ?? 0)
    const needed = Math.ceil((prompts * promptVariance) / allowed)
    return allowed > 0 && Number.isSafeInteger(needed) ? Math.max(2, needed) : null
  }
  if (seeds) return neededFor(seeds.count - 1)
  // With prompts alone, those that are needed are the degrees: the first number that is enough for itself.
  let needed = neededFor(1e9)
  while (needed !== null && needed < (neededFor(needed - 1) ?? Infinity)) needed++
  return needed
}

/** A share of pairs that share prompts. */
export interface ShareDesign {
  /** As `clusteredShare` gives it. */
  readonly accuracy: Interval
  readonly pairs: number
  readonly prompts: number
}

/**
 * The prompts that tell a true share of `target` from one half in 80 % of repetitions (two-sided, at 5 %), a fraction of
 * a prompt included. Further prompts are taken to be like these: as many pairs each, as alike.
 */
export function requiredPromptsForShare(design: ShareDesign, target: number): number {
  const reached = normalQuantile(0.975) * 0.5 + normalQuantile(power) * Math.sqrt(target * (1 - target))
  const independent = (reached / (target - 0.5)) ** 2
  return independent * (design.prompts / effectivePairs(design))
}

/**
 * The number of independent pairs that the pairs are worth, as they share prompts. Their Wilson interval is as wide.
 * `clusteredShare` takes something off, because few prompts say little of how alike their pairs are. More prompts need
 * no such reserve, so it is given back.
 */
function effectivePairs({ accuracy: { value, low, high }, pairs, prompts }: ShareDesign): number {
  const z = normalQuantile(0.975)
  const half = (high - low) / 2
  // With u = 1 / n, half² (1 + z² u)² = z² value (1 - value) u + z⁴ u² / 4.
  const square = z ** 4 * (half ** 2 - 1 / 4)
  const linear = z ** 2 * (2 * half ** 2 - value * (1 - value))
  const size = (2 * square) / (-linear - Math.sqrt(linear ** 2 - 4 * square * half ** 2))
  // Where all pairs are alike, nothing was taken off.
  if (value === 0 || value === 1) return size
  return Math.min(pairs, size * (studentQuantile(0.975, prompts - 1) / studentQuantile(0.975, pairs - 1)) ** 2)
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

/** Chances that one pair is ranked right by the first model alone, and by the second alone. */
export interface DiscordantShares {
  readonly onlyFirst: number
  readonly onlySecond: number
}

/**
 * How often McNemar's exact test is significant at 5 %, by its p value and by its mid p value. This is exact: it sums over
 * all numbers of discordant pairs and all splits of them. For pairs that share prompts, give the number of pairs over
 * the design effect.
 */
export function mcnemarPower(
  pairs: number,
  { onlyFirst, onlySecond }: DiscordantShares,
): { readonly p: number; readonly mid_p: number } {
  const share = onlyFirst + onlySecond
  const powers = { p: 0, mid_p: 0 }
  if (share === 0) return powers
  const least = { p: 0, mid_p: 0 }
  for (let discordant = 1; discordant <= pairs; discordant++) {
    const chance = binomialCdf(discordant, pairs, share) - binomialCdf(discordant - 1, pairs, share)
    for (const name of ['p', 'mid_p'] as const) {
      // Up to this many of the discordant pairs on one side are significant; it grows by at most one with them.
      const next = least[name] + 1
      if (mcnemarExact(next - 1, discordant - next + 1)[name] <= 0.05) least[name] = next
      const few = least[name] - 1
      const tail = (ofSide: number) => binomialCdf(few, discordant, ofSide / share)
      if (few >= 0) powers[name] += chance * (tail(onlyFirst) + tail(onlySecond))
    }
  }
  return powers
}

/**
 * The smallest gain in accuracy that McNemar's exact test finds with a power of 80 %, where this share of the pairs is
 * discordant. Without it, the least share possible: each pair that changes becomes right. Null where no gain does.
 */
export function detectableGain(pairs: number, discordant?: number): number | null {
  const powerOf = (gain: number) => {
    const share = discordant ?? gain
    return mcnemarPower(pairs, { onlyFirst: (share - gain) / 2, onlySecond: (share + gain) / 2 }).p
  }
  let [low, high] = [0, discordant ?? 1]
  if (powerOf(high) < power) return null
  while (high - low > 1e-6) {
    const middle = (low + high) / 2
    if (powerOf(middle) < power) low = middle
    else high = middle
  }
  return high
}
