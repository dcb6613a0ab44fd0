import type { Claim } from '../analysis/claims.ts'
import { counted, plural } from '../counted.ts'
import { claimFinding } from '../evaluate/margin-findings.ts'
import type { Interval } from '../statistics/types.ts'
import type { ArmComparison } from './comparison.ts'

/** A comparison before its words. */
export type Wordless = Omit<ArmComparison, 'sentences'>

/** p values below this count as found. */
export const level = 0.05

/**
 * What a comparison shows and what it does not, for the terminal and for pages.
 * @param comparisons how many Holm's correction is over
 */
export function sentencesOf(comparison: Wordless, comparisons: number): string[] {
  const isKnown = comparison.prompts > 1
  return [
    mainSentence(comparison, comparisons),
    isKnown ? null : 'All pairs are of one prompt, so there is no interval: nothing is known of other prompts.',
    isKnown && comparison.verdict === 'not_told_apart' ? sensitivity(comparison) : null,
    isKnown ? equivalence(comparison) : null,
    trainingNoise(comparison),
    subsets(comparison),
    ...comparison.claims.map(claimSentence),
  ].filter((sentence) => sentence !== null)
}

function mainSentence(comparison: Wordless, comparisons: number): string {
  const { a, b, difference, verdict, accuracy } = comparison
  const both = `${percent(accuracy.b)} against ${percent(accuracy.a)} %`
  const where = `on ${counted(comparison.pairs, 'pair')} of ${counted(comparison.prompts, 'prompt')}`
  const p = pWords(comparison, comparisons)
  if (verdict === 'not_told_apart')
    return `${b} and ${a} are not told apart: ${both}, a difference of ${points(difference)}, ${where}; ${p}.`
  const [word, more, size] =
    verdict === 'b_is_better' ? ['better', 'more', difference] : (['worse', 'less', negated(difference)] as const)
  return `${b} is ${word} than ${a}: ${both}, ${points(size)} ${more}, ${where}; ${p}.`
}

const testNames = { mcnemar_exact: 'exact McNemar', sign_flip: 'sign flips of prompts' } as const

function pWords({ test, training_test, p_holm, seeds }: Wordless, comparisons: number): string {
  const p = training_test?.p ?? test.p
  const name = training_test ? `Student's t over ${seeds} seeds and the prompts` : testNames[test.name]
  const corrected =
    comparisons > 1 ? ` (${formatP(p_holm)} after Holm's correction over ${comparisons} comparisons)` : ''
  return `${formatP(p)} by ${name}${corrected}`
}

/** What these data could have shown, and what it would take. */
function sensitivity(comparison: Wordless): string {
  const { difference, detectable_difference, required_prompts, required_seeds, training_test, seeds } = comparison
  const data = training_test ? `${seeds} seeds and these prompts` : 'Data like these'
  const found =
    detectable_difference <= 1
      ? `${data} show a true difference of ${onePoint(detectable_difference)} four times out of five.`
      : `${data} are too few to show any difference four times out of five.`
  if (difference.value === 0) return found
  const size = onePoint(Math.abs(difference.value))
  const takes = [
    required_prompts !== null && `about ${rounded(required_prompts)} prompts`,
    required_seeds !== null && required_seeds > seeds && `about ${rounded(required_seeds)} seeds in each arm`,
  ].filter((way) => way !== false)
  return takes.length === 0
    ? `${found} For one of ${size}, neither more prompts nor more seeds alone would do.`
    : `${found} For one of ${size}, it takes ${takes.join(', or ')}.`
}

function equivalence({ equivalence: { bound, p }, verdict }: Wordless): string | null {
  const within = `within ${onePoint(bound)} of each other`
  if (p <= level) return `They are ${within}${verdict === 'not_told_apart' ? '' : ', though'} (TOST, ${formatP(p)}).`
  return verdict === 'not_told_apart' ? `Nor is it shown that they are ${within} (TOST, ${formatP(p)}).` : null
}

/** Whether the numbers are about ways of training, or about the models at hand. */
function trainingNoise({ a, b, runs, seeds_paired, training_test, difference_of_these_models }: Wordless): string {
  if (!training_test) {
    const single = runs.a === 1 && runs.b === 1 ? 'one run each' : `one run of ${runs.a === 1 ? a : b}`
    return `With ${single}, nothing is known of the noise of training: this is about these models, not about how they were trained.`
  }
  const paired = seeds_paired
    ? 'Runs are paired by seed, since they began alike.'
    : 'Runs are not paired by seed, since it is not known that they began alike.'
  return `${paired} For exactly these models the difference is ${points(difference_of_these_models)}.`
}

function subsets({ subsets: found }: Wordless): string | null {
  const all = Object.entries(found)
  if (all.length < 2) return null
  const different = all
    .filter(([, { p_holm }]) => p_holm <= level)
    .map(([name, { difference }]) => `${name} (${signed(difference.value)})`)
  const correction = `after Holm's correction over ${all.length} subsets`
  if (different.length === 0) return `No subset shows a difference ${correction}.`
  return `${different.length} ${plural(different.length, 'subset')} ${different.length === 1 ? 'shows' : 'show'} a difference ${correction}: ${different.join(', ')}.`
}

/** A finding on the paper's claims, as a sentence. */
export const claimSentence = (claim: Claim): string => claimFinding(claim).replace(/^t/, 'T') + '.'

const negated = ({ value, low, high }: Interval): Interval => ({ value: -value, low: -high, high: -low })

/** `1.2 points (0.3 to 2.1)`, from shares. */
function points(difference: Interval): string {
  const size = onePoint(difference.value)
  return Number.isNaN(difference.low) ? size : `${size} (${inPoints(difference.low)} to ${inPoints(difference.high)})`
}

/** `1 point`, `1.2 points`, from a share. */
export function onePoint(share: number): string {
  const shown = inPoints(share).replace(/\.0$/, '')
  return `${shown} ${shown === '1' ? 'point' : 'points'}`
}

/** A difference of shares in points: one decimal, or one digit where that would show none; a dash if undefined. */
export function inPoints(share: number): string {
  if (Number.isNaN(share)) return '-'
  const value = 100 * share
  return value !== 0 && Math.abs(value) < 0.095 ? String(Number(value.toPrecision(1))) : value.toFixed(1)
}

const signed = (share: number): string => `${share > 0 ? '+' : ''}${inPoints(share)}`
const percent = (share: number): string => (100 * share).toFixed(1)

/** `p = 0.032`, `p < 0.001`. */
export const formatP = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`)

/** Two digits: more would claim to know them. */
export const rounded = (count: number): string => Number(count.toPrecision(2)).toLocaleString('en-US')
