import { at } from '../at.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { type CrossedArms, crossedEstimate, meanOverSeeds } from '../statistics/crossed.ts'
import { type Estimate, intervalOf, shareDifferenceEstimate } from '../statistics/intervals.ts'
import { mcnemarExact, studentTest } from '../statistics/paired-tests.ts'
import { signFlipTest } from '../statistics/sign-flips.ts'
import type { Interval } from '../statistics/types.ts'
import type { ArmComparison } from './comparison.ts'

/** The difference of two arms in accuracy: the second less the first. */
export interface AccuracyDifference {
  readonly value: number
  /** About exactly these models: prompts alone are drawn again. */
  readonly ofModels: Estimate
  /** With several runs in each arm about the ways of training: seeds are drawn again, too. Else the same. */
  readonly estimate: Estimate
  /** Null with one run in an arm. */
  readonly trainingTest: ArmComparison['training_test']
  /** About exactly these models. */
  readonly test: ArmComparison['test']
  /** The p value that decides: about the ways of training with several runs in each arm, else about the models. */
  readonly p: number
}

/** @param arms for each run, 1 for each pair that it ranks right, else 0 */
export function accuracyDifference(arms: CrossedArms): AccuracyDifference {
  const { first, second, clusters } = arms
  const before = meanOverSeeds(first)
  const differences = meanOverSeeds(second).map((share, pair) => share - at(before, pair))
  const ofModels = shareDifferenceEstimate(differences, clusters)
  const hasSeeds = first.length > 1 && second.length > 1
  const estimate = hasSeeds ? crossedEstimate(arms, ofModels) : ofModels
  const isMcNemar = first.length === 1 && second.length === 1 && ofModels.degrees + 1 === differences.length
  const test = isMcNemar ? mcnemar(differences) : signFlips(differences, clusters)
  const trainingTest: ArmComparison['training_test'] = hasSeeds
    ? { name: 'crossed_t', p: studentTest(estimate), degrees: estimate.degrees }
    : null
  const value = differences.reduce((sum, difference) => sum + difference, 0) / differences.length
  return { value, ofModels, estimate, trainingTest, test, p: trainingTest?.p ?? test.p }
}

/** The interval of an estimate around the difference that was seen, within -1 and 1. */
export function shareInterval(value: number, estimate: Estimate): Interval {
  const { low, high } = intervalOf(estimate)
  return { value, low: Math.max(low, -1), high: Math.min(high, 1) }
}

function mcnemar(differences: Float64Array): ArmComparison['test'] {
  const count = (sign: number) => differences.reduce((sum, difference) => sum + (difference === sign ? 1 : 0), 0)
  return { name: 'mcnemar_exact', ...mcnemarExact(count(-1), count(1)) }
}

const signFlips = (differences: Float64Array, clusters: Clusters): ArmComparison['test'] => ({
  name: 'sign_flip',
  ...signFlipTest(differences, clusters, { draws: 10_000, seed: 0 }),
})
