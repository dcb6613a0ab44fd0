import type { BaselineName, PairSummary } from '../statistics/types.ts'
import { studentQuantile } from '../statistics/distributions.ts'
import { requiredPrompts, requiredPromptsForShare } from '../statistics/power.ts'
import type { Interval } from '../statistics/types.ts'
import { type BaselineResult, type Baselines, entriesOf } from './baselines.ts'

/** What an evaluation means, in words: what terminal, report and model card begin with. */
export interface Verdict {
  /** One to three. */
  readonly sentences: readonly string[]
}

/** What a verdict is about: a summary of any version has it. */
export type VerdictFacts = Pick<PairSummary, 'pairs' | 'prompts' | 'accuracy' | 'ties'> & {
  readonly baselines?: Baselines | undefined
}

type AnyBaseline = 'longer_wins' | BaselineName

/** Baselines as a sentence names them. */
export const baselineWords: Readonly<Record<AnyBaseline, string>> = {
  longer_wins: "'longer wins'",
  bag_of_words: 'a bag of words',
  log_likelihood: 'the log-likelihood of the response',
  log_likelihood_per_token: 'the log-likelihood per token',
}

/**
 * The accuracy with its interval, whether it is better than chance and than each baseline, and how many more prompts
 * would show a difference that now is none. `more prompts` are for a power of 80 % in a two-sided test at 5 %, if further
 * prompts are like these: as many pairs each, which succeed and fail together as much.
 */
export function verdictOf(facts: VerdictFacts): Verdict {
  const { pairs, prompts, ties } = facts
  const amount = `${counted(pairs, 'pair')} of ${counted(prompts, 'prompt')}`
  if (ties === pairs) {
    const what = pairs === 1 ? 'the two responses of the only pair' : `both responses of each of ${amount}`
    return { sentences: [`The model gives ${what} the same reward, so it does not tell them apart.`] }
  }
  if (prompts === 1)
    return {
      sentences: [
        `${percent(facts.accuracy.value)} on ${counted(pairs, 'pair')} of one prompt: that says nothing of other prompts.`,
      ],
    }
  const tied = ties >= 0.01 * pairs ? [tiesSentence(ties, pairs)] : []
  return {
    sentences: [`${share(facts.accuracy)} on ${amount}: ${comparisons(facts)}.`, ...nextStep(facts), ...tied],
  }
}

/** Beyond chance, and beyond each baseline. */
function comparisons({ accuracy, baselines = {} }: VerdictFacts): string {
  const by = (outcome: BaselineResult['beats']) =>
    entriesOf(baselines).flatMap(([name, result]) => (result.beats === outcome ? [named(name, result)] : []))
  const [beaten, better, alike] = [by('yes'), by('no'), by('not told apart')]
  switch (beyond(accuracy, 0.5)) {
    case 'above': {
      const first = `better than ${anyOf(['chance', ...beaten], 'and')}`
      const others = [
        ...(alike.length > 0 ? [`not told apart from ${anyOf(alike, 'or')}`] : []),
        ...(better.length > 0 ? [`worse than ${anyOf(better, 'and')}`] : []),
      ]
      return others.length === 0 ? first : `${first}, but ${others.join(', and ')}`
    }
    case 'below':
      return [
        'worse than chance',
        ...(better.length > 0 ? [`worse than ${anyOf(better, 'and')}`] : []),
        ...(alike.length > 0 ? [`not told apart from ${anyOf(alike, 'or')}`] : []),
        ...(beaten.length > 0 ? [`better than ${anyOf(beaten, 'and')}`] : []),
      ].join(', ')
    case 'around': {
      const first = ['not told apart from chance', ...alike.map((name) => `nor from ${name}`)].join(', ')
      const others = [
        ...(better.length > 0 ? [`and worse than ${anyOf(better, 'and')}`] : []),
        ...(beaten.length > 0 ? [`though better than ${anyOf(beaten, 'and')}`] : []),
      ]
      return [first, ...others].join(', ')
    }
  }
}

/** What to do about the most important comparison that shows no difference, or about a model that is worse than chance. */
function nextStep(facts: VerdictFacts): string[] {
  const { accuracy, prompts, baselines = {} } = facts
  const outcome = beyond(accuracy, 0.5)
  if (outcome === 'below') return [whyBelow(facts)]
  if (outcome === 'around') {
    const target = Math.max(0.55, upToFives(accuracy.value))
    return [morePrompts(requiredPromptsForShare(facts, target) - prompts, `${whole(target)} from 50 %`)]
  }
  const alike = entriesOf(baselines).filter(([, { beats }]) => beats === 'not told apart')
  const [strongest] = alike.toSorted(([, a], [, b]) => b.accuracy.value - a.accuracy.value)
  if (!strongest) return []
  const [, { difference }] = strongest
  const lead = Math.max(0.05, upToFives(Math.abs(difference.value)))
  const error = (difference.high - difference.low) / (2 * studentQuantile(0.975, prompts - 1))
  const needed = requiredPrompts({ prompts, promptVariance: error ** 2, seeds: null }, lead)
  if (needed === null) return []
  return [morePrompts(needed - prompts, `a difference of ${Math.round(100 * lead)} points from none`)]
}

/** Labels the wrong way around, or no more than ties: without them, at least half of the pairs are ranked right. */
function whyBelow({ accuracy, ties, pairs }: VerdictFacts): string {
  const ofOthers = (accuracy.value * pairs) / (pairs - ties)
  if (ofOthers < 0.5) return 'See whether chosen and rejected have changed places in the data.'
  return `That comes from ties: without them, ${percent(ofOthers)} are ranked right.`
}

function morePrompts(more: number, what: string): string {
  if (more < 1) return `These prompts are enough to tell ${what}.`
  return `About ${rounded(more)} more prompts would tell ${what}.`
}

function tiesSentence(ties: number, pairs: number): string {
  const what = ties === 1 ? 'One pair is a tie, which counts' : `${grouped(ties)} pairs are ties, which count`
  return `${what} as not correct (${percent(ties / pairs)}).`
}

function beyond({ low, high }: Interval, value: number): 'above' | 'below' | 'around' {
  if (low > value) return 'above'
  return high < value ? 'below' : 'around'
}

const named = (name: AnyBaseline, { accuracy }: BaselineResult): string =>
  `${baselineWords[name]} (${percent(accuracy.value)})`

/** `a`, `a and b`, `a, b and c`. */
function anyOf(names: readonly string[], last: 'and' | 'or'): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`
}

const upToFives = (value: number): number => Math.ceil(20 * value - 1e-9) / 20
const grouped = (count: number): string => count.toLocaleString('en')
const counted = (count: number, what: string): string => `${grouped(count)} ${what}${count === 1 ? '' : 's'}`
const digits = (value: number): string => (100 * value).toFixed(1)
const percent = (value: number): string => `${digits(value)} %`
const whole = (value: number): string => `${Math.round(100 * value)} %`
const share = ({ value, low, high }: Interval): string => `${digits(value)} % (${digits(low)} to ${digits(high)})`

/** To two digits, upwards. */
function rounded(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1)
  return grouped(Math.ceil(count / unit) * unit)
}
