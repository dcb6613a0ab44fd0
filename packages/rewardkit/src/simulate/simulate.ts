import { jsonLines, writeLinesAtomic } from '../files.ts'
import { createRandom, type Random } from '../random.ts'
import { labelProbability, parseNoise, trueMargin, type Noise } from './noise.ts'
import type { SimulateOptions, SimulateSettings } from './simulate-options.ts'
import { drawRequest, drawResponse } from './text.ts'

/** One line of the file: a pair in TRL's standard shape with an explicit prompt, and what is known about it. */
export interface SimulatedPair {
  readonly id: string
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
  /** Noisy grade of how much the two differ: 0 negligibly, 1 slightly, 2 clearly, 3 distinctly. */
  readonly margin: Grade
  /** The occasion. */
  readonly subset: string
  readonly meta: {
    /** True reward of chosen less that of rejected: negative where the label is wrong. Never 0. */
    readonly true_margin: number
    /** Which of the two is truly better. */
    readonly true_chosen: 'chosen' | 'rejected'
    /** The probability, given the texts, that the label falls as it did. */
    readonly label_probability: number
  }
}

export type Grade = 0 | 1 | 2 | 3

/** What is known about all pairs together. */
export interface SimulationSummary {
  readonly schema_version: 1
  readonly pairs: number
  readonly noise: string
  readonly length_bias: number
  readonly grade_noise: number
  readonly seed: number
  /** Expected share of labels that a model which knows the process gets right: mean of max(p, 1 - p). */
  readonly best_achievable_accuracy: number
  /** Share of labels that agree with the truth. */
  readonly label_accuracy: number
  /** Share of pairs whose chosen response has more words; equal numbers count one half. */
  readonly longer_wins: number
  readonly true_margin_standard_deviation: number
  /** Number of pairs of each grade, 0 to 3. */
  readonly grades: readonly [number, number, number, number]
}

/** Where |margin| passes from one grade to the next. */
const gradeThresholds = [0.8, 1.8, 2.8] as const

/**
 * Draws preference pairs whose true rewards are known: short requests with three wishes, and responses that meet some
 * of them. The true reward is the sum of the strengths of the wishes met, so it depends on request and response
 * together. Offers are drawn without looking at the request, so a response alone says nothing about its reward. Lengths
 * are balanced unless `lengthBias` asks otherwise. Equal settings give equal pairs.
 *
 * @throws InputError if `noise` is not one of the three kinds.
 */
export function simulate(settings: SimulateSettings): { pairs: SimulatedPair[]; summary: SimulationSummary } {
  const { seed, noise, lengthBias, gradeNoise } = settings
  const parsed = parseNoise(noise)
  const random = createRandom(seed, 'simulate')
  const pairs = Array.from({ length: settings.pairs }, (_, index) =>
    drawPair(`simulated-${seed}-${index + 1}`, parsed, lengthBias, gradeNoise, random),
  )
  const mean = (value: (pair: SimulatedPair) => number) =>
    pairs.reduce((sum, pair) => sum + value(pair), 0) / pairs.length
  const average = mean(({ meta }) => meta.true_margin)
  const variance = mean(({ meta }) => (meta.true_margin - average) ** 2)
  const count = (value: Grade) => pairs.filter(({ margin }) => margin === value).length
  const summary: SimulationSummary = {
    schema_version: 1,
    pairs: pairs.length,
    noise,
    length_bias: lengthBias,
    grade_noise: gradeNoise,
    seed,
    best_achievable_accuracy: rounded(mean(({ meta }) => Math.max(meta.label_probability, 1 - meta.label_probability))),
    label_accuracy: mean(({ meta }) => (meta.true_margin > 0 ? 1 : 0)),
    longer_wins: mean(({ chosen, rejected }) => (Math.sign(words(chosen) - words(rejected)) + 1) / 2),
    true_margin_standard_deviation: rounded(Math.sqrt(variance)),
    grades: [count(0), count(1), count(2), count(3)],
  }
  return { pairs, summary }
}

/** Writes what `simulate` draws to the file `out`, one pair a line, and returns what is known about it. */
export function simulateToFile(options: SimulateOptions): SimulationSummary {
  const { pairs, summary } = simulate(options)
  writeLinesAtomic(options.out, jsonLines(pairs))
  return summary
}

/** A pair whose responses truly differ; drawn again until they do. */
function drawPair(id: string, noise: Noise, lengthBias: number, gradeNoise: number, random: Random): SimulatedPair {
  const request = drawRequest(random)
  let first = drawResponse(random)
  let second = drawResponse(random)
  while (trueMargin(request, first, second) === 0) {
    first = drawResponse(random)
    second = drawResponse(random)
  }
  const margin = trueMargin(request, first, second)
  const probability = labelProbability(noise, lengthBias, request, first, second)
  const firstChosen = random.uniform() < probability
  const signed = firstChosen ? margin : -margin
  return {
    id,
    prompt: request.text,
    chosen: firstChosen ? first.text : second.text,
    rejected: firstChosen ? second.text : first.text,
    margin: grade(Math.abs(margin) + gradeNoise * random.normal()),
    subset: request.occasion,
    meta: {
      true_margin: rounded(signed),
      true_chosen: signed > 0 ? 'chosen' : 'rejected',
      label_probability: rounded(firstChosen ? probability : 1 - probability),
    },
  }
}

function grade(difference: number): Grade {
  const [slight, clear, distinct] = gradeThresholds
  if (difference < slight) return 0
  if (difference < clear) return 1
  return difference < distinct ? 2 : 3
}

function words(text: string): number {
  return text.trim().split(/\s+/).length
}

/** To six decimals, so that sums of strengths print without rounding errors. */
function rounded(value: number): number {
  return Number(value.toFixed(6))
}
