import type { Claim } from '../analysis/claims.ts'
import { claimsOfMarginTraining } from '../analysis/claims-across.ts'
import { at } from '../at.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { type CrossedArms, crossedEstimate } from '../statistics/crossed.ts'
import { type Estimate, intervalOf } from '../statistics/intervals.ts'
import { equivalenceTest, holm } from '../statistics/paired-tests.ts'
import { detectableDifference, type DifferenceDesign, requiredPrompts, requiredSeeds } from '../statistics/power.ts'
import { accuracyDifference, shareInterval } from './accuracy-difference.ts'
import type { SharedPairs } from './aligned.ts'
import type { Agreement, ArmComparison, SubsetDifference } from './comparison.ts'
import type { RunStatistics } from './run-statistics.ts'

/** An arm with what comparisons need of its runs. */
export interface Arm {
  readonly name: string
  readonly runs: readonly ArmRun[]
}

export interface ArmRun extends RunStatistics {
  /** Equal for runs that began alike; null where it is not known. */
  readonly start: string | null
  readonly objective: string | null
}

/** A comparison before the correction for several of them, and before its words. */
export type RawComparison = Omit<ArmComparison, 'p_holm' | 'verdict' | 'sentences'>

/** The p value that decides: about the ways of training with several runs in each arm, else about the models. */
export const decisiveP = ({ test, training_test }: RawComparison): number => training_test?.p ?? test.p

/** Compares two arms on the pairs that they share. All differences are b - a. */
export function compareArms(a: Arm, b: Arm, shared: SharedPairs, bound: number): RawComparison {
  const partners = pairedRuns(a.runs, b.runs)
  const arms = { a: a.runs, b: partners ?? b.runs, isPaired: partners !== null }
  const crossed = (pick: (run: RunStatistics) => Float64Array) => crossedArms(arms, shared, pick)
  const { value, ofModels, estimate, test, trainingTest } = accuracyDifference(crossed(({ isRight }) => isRight))
  const seeds = Math.min(a.runs.length, b.runs.length)
  const prompts = ofModels.degrees + 1
  const design = designOf(estimate, ofModels, seeds)
  return {
    a: a.name,
    b: b.name,
    pairs: shared.pairs,
    prompts,
    seeds,
    runs: { a: a.runs.length, b: b.runs.length },
    seeds_paired: arms.isPaired,
    accuracy: { a: meanAccuracy(a.runs), b: meanAccuracy(b.runs) },
    difference: shareInterval(value, estimate),
    difference_of_these_models: shareInterval(value, ofModels),
    test,
    training_test: trainingTest,
    equivalence: { bound, ...equivalenceTest(estimate, bound) },
    detectable_difference: detectableDifference(estimate),
    required_prompts: requiredPrompts(design, value),
    required_seeds: requiredSeeds(design, value),
    agreement: agreementOf(arms),
    mean_over_standard_deviation: intervalOf(crossedEstimate(crossed(({ scaledMargins }) => scaledMargins))),
    log_loss_after_temperature: intervalOf(crossedEstimate(crossed(({ losses }) => losses))),
    subsets: subsetDifferences(arms, shared),
    claims: claimsOfTraining(a.runs, b.runs, shared.prompts),
  }
}

/** The runs of two arms; run i of `b` began as run i of `a` did where they are paired. */
interface ArmRuns {
  readonly a: readonly ArmRun[]
  readonly b: readonly ArmRun[]
  readonly isPaired: boolean
}

/** The runs of `b` in the order of those of `a` that began alike; null unless each run has exactly one partner. */
function pairedRuns(a: readonly ArmRun[], b: readonly ArmRun[]): ArmRun[] | null {
  const byStart = new Map(b.map((run) => [run.start, run]))
  const partners = a.flatMap(({ start }) => (start === null ? [] : (byStart.get(start) ?? [])))
  return [a, b].every(({ length }) => length === new Set(partners).size) ? partners : null
}

const crossedArms = (
  { a, b, isPaired }: ArmRuns,
  { prompts }: Pick<SharedPairs, 'prompts'>,
  pick: (run: RunStatistics) => Float64Array,
): CrossedArms => ({ first: a.map(pick), second: b.map(pick), clusters: prompts, isPaired })

function designOf(estimate: Estimate, ofModels: Estimate, seeds: number): DifferenceDesign {
  const promptVariance = ofModels.error ** 2
  const variance = Math.max(0, estimate.error ** 2 - promptVariance)
  return { prompts: ofModels.degrees + 1, promptVariance, seeds: seeds > 1 ? { variance, count: seeds } : null }
}

const meanAccuracy = (runs: readonly RunStatistics[]): number =>
  runs.reduce((sum, { isRight }) => sum + isRight.reduce((right, one) => right + one, 0) / isRight.length, 0) /
  runs.length

/** Objectives whose loss has a margin in it, as the paper's section 4.1 and its method have. */
const withMargins: readonly (string | null)[] = ['annotated-margin', 'batch-margin', 'adaptive-margin']

/** The paper's claims about training with margins, where one run of each arm is trained with and one without. */
function claimsOfTraining(a: readonly ArmRun[], b: readonly ArmRun[], prompts: Clusters): readonly Claim[] {
  if (a.length > 1 || b.length > 1) return []
  const all = [...a, ...b]
  const without = all.find(({ objective }) => objective === 'bradley-terry')
  const taught = all.find(({ objective }) => withMargins.includes(objective))
  return without && taught ? claimsOfMarginTraining(without.rewards, taught.rewards, prompts) : []
}

/** Each run of `a` with its partner, or with every run of `b` if there are no partners. */
function agreementOf({ a, b, isPaired }: ArmRuns): Agreement {
  const couples = a.flatMap((run, index) =>
    b.flatMap((other, position) => (isPaired && position !== index ? [] : [[run, other] as const])),
  )
  let [both, onlyA, onlyB, correlation] = [0, 0, 0, 0]
  for (const [first, second] of couples) {
    for (let pair = 0; pair < first.isRight.length; pair++) {
      const [before, after] = [at(first.isRight, pair), at(second.isRight, pair)]
      both += before * after
      onlyA += before * (1 - after)
      onlyB += after * (1 - before)
      correlation += at(first.ranks, pair) * at(second.ranks, pair)
    }
  }
  const total = couples.length * at(a, 0).isRight.length
  return {
    both_right: both / total,
    only_a: onlyA / total,
    only_b: onlyB / total,
    both_wrong: (total - both - onlyA - onlyB) / total,
    margin_rank_correlation: correlation / couples.length,
  }
}

/** Each subset alone, with Holm's correction over them. Pairs without a subset are in none. */
function subsetDifferences(arms: ArmRuns, { subsetOf, subsetNames, prompts }: SharedPairs): ArmComparison['subsets'] {
  const found = subsetNames.flatMap((name, subset) => {
    const isIn = (_: number, pair: number) => at(subsetOf, pair) === subset
    const members = { of: prompts.of.filter(isIn), count: prompts.count }
    if (members.of.length === 0) return []
    const within = crossedArms(arms, { prompts: members }, ({ isRight }) => isRight.filter(isIn))
    return [{ name, pairs: members.of.length, ...accuracyDifference(within) }]
  })
  const corrected = holm(found.map(({ p }) => p))
  return Object.fromEntries(
    found.map(({ name, pairs, value, estimate, ofModels, p }, index): [string, SubsetDifference] => [
      name,
      {
        pairs,
        prompts: ofModels.degrees + 1,
        difference: shareInterval(value, estimate),
        p,
        p_holm: at(corrected, index),
      },
    ]),
  )
}
