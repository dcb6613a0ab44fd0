import { at } from '../at.ts'
import { accuracyDifference, shareInterval } from '../compare/accuracy-difference.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { crossedEstimate } from '../statistics/crossed.ts'
import { clusteredShare, type Estimate, intervalOf, meanOf } from '../statistics/intervals.ts'
import { studentTest } from '../statistics/paired-tests.ts'
import type { Interval } from '../statistics/types.ts'

/** What the seeds of an arm came to: of each seed, whether each pair is right (1 or 0). */
export interface SeedValues {
  readonly bySeed: readonly Float64Array[]
  /** The prompts of the pairs; null where every seed has test pairs of its own. */
  readonly clusters: Clusters | null
}

/** A difference and how surely it is one. */
export interface TestedDifference extends Interval {
  /** The names of `rewardkit compare`; `student_t` is over seeds alone, where each has test pairs of its own. */
  readonly test: 'mcnemar_exact' | 'sign_flip' | 'crossed_t' | 'student_t'
  /** Two-sided, of no difference; NaN where nothing is known of its error. */
  readonly p: number
}

/**
 * The accuracy of an arm, the mean over its seeds. With one seed the interval is that of the prompts. With several it is
 * of a crossed design of seeds and prompts, with Student's t of seeds - 1 degrees.
 */
export function accuracyOf(correct: SeedValues): Interval {
  const { bySeed, clusters } = correct
  if (bySeed.length === 1 && clusters) return clusteredShare(at(bySeed, 0), clusters)
  const zero = { bySeed: bySeed.map((values) => values.map(() => 0)), clusters }
  const { value, low, high } = intervalOf(estimateOf(zero, correct))
  return { value, low: Math.max(0, low), high: Math.min(1, high) }
}

/**
 * The difference in accuracy, arm less baseline, as `rewardkit compare` finds it, paired by pair and seed: seeds share
 * initial weights and order.
 */
export function differenceOf(base: SeedValues, arm: SeedValues): TestedDifference {
  const { clusters } = arm
  if (!clusters) {
    const estimate = estimateOf(base, arm)
    return { ...intervalOf(estimate), test: 'student_t', p: studentTest(estimate) }
  }
  const arms = { first: base.bySeed, second: arm.bySeed, clusters, isPaired: true }
  const { value, estimate, trainingTest, test, p } = accuracyDifference(arms)
  return { ...shareInterval(value, estimate), test: (trainingTest ?? test).name, p }
}

/** Where every seed has test pairs of its own, seeds alone are what was drawn: prompts are drawn with them. */
function estimateOf(base: SeedValues, arm: SeedValues): Estimate {
  if (arm.clusters)
    return crossedEstimate({ first: base.bySeed, second: arm.bySeed, clusters: arm.clusters, isPaired: true })
  const differences = arm.bySeed.map((values, seed) => meanOf(values) - meanOf(at(base.bySeed, seed)))
  const value = meanOf(differences)
  const seeds = differences.length
  const squares = differences.reduce((sum, one) => sum + (one - value) ** 2, 0)
  return { value, error: Math.sqrt(squares / (seeds - 1) / seeds), degrees: seeds - 1 }
}
