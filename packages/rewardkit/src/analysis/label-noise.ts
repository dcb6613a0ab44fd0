import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { logSigmoid, sigmoid } from '../logistic.ts'
import type { Clusters } from '../statistics/clusters.ts'
import { studentQuantile } from '../statistics/distributions.ts'
import type { Interval } from '../statistics/types.ts'

/**
 * How many labels are wrong, under a stated model. A response is truly better with probability sigmoid(reward margin /
 * temperature). Then labels are flipped with one probability, `rate`, whatever the pair.
 */
export interface LabelNoise {
  readonly model: 'symmetric_flips'
  /** Null where the pairs do not tell; `reason` then says why. */
  readonly rate: Interval | null
  /** The rates that fit the pairs at 95 %; null without a fit. */
  readonly fitting: { readonly low: number; readonly high: number } | null
  /** Of the fit; where no rate is given, that of the fit without noise. Null where margins and labels do not agree. */
  readonly temperature: number | null
  readonly reason: string | null
}

/** Where the rates that fit lie further apart, no rate is given. */
const widestTold = 0.15
/** With fewer prompts, no rate is given. */
const fewestPrompts = 20

/**
 * The maximum of the likelihood of the labels, given the sizes of the margins:
 *
 *     P(chosen is labelled chosen | d) = rate + (1 - 2 rate) sigmoid(d / temperature)
 *
 * The rate shows as a plateau: how often labels contradict even the largest margins. So it counts what the reward model
 * gets wrong with confidence as noise, too. Where no margin is large for the temperature, there is no plateau, and many
 * rates fit. The interval is that of the profile likelihood, whose deviance is divided by the design effect of prompts
 * (the ratio of the sandwich variance to the likelihood's own).
 */
export function labelNoise(margins: Float64Array, clusters: Clusters): LabelNoise {
  const scale = medianSize(margins)
  const unfitted = { model: 'symmetric_flips', rate: null, fitting: null, temperature: null } as const
  if (!(scale > 0)) return { ...unfitted, reason: 'at least half of the reward margins are 0' }
  const profile = createProfile(summarised(margins, scale))
  const noiseless = profile(0)
  if (noiseless.value <= -margins.length * Math.LN2 + 1e-9)
    return { ...unfitted, reason: 'the reward margins agree with the labels no better than chance' }
  const untold = { ...unfitted, temperature: scale / noiseless.steepness }
  const prompts = new Set(clusters.of).size
  if (prompts < fewestPrompts)
    return { ...untold, reason: `${counted(prompts, 'prompt')} ${prompts === 1 ? 'is' : 'are'} too few` }
  const best = highest((rate) => profile(rate).value, 0, highestRate)
  const { value: top, steepness } = profile(best)
  const effect = designEffect(margins, clusters, { rate: best, steepness: steepness / scale })
  const allowed = (Math.max(1, effect) * studentQuantile(0.975, prompts - 1) ** 2) / 2
  const fits = (rate: number) => top - profile(rate).value <= allowed
  const fitting = { low: bound(fits, best, 0), high: bound(fits, best, highestRate) }
  if (fitting.high - fitting.low > widestTold) return { ...untold, fitting, reason: 'rates far apart fit the pairs' }
  return { ...unfitted, rate: { value: best, ...fitting }, fitting, temperature: scale / steepness, reason: null }
}

/** The probability that the label of a pair is wrong, under the fitted model. */
export function wrongLabelProbability(
  margin: number,
  { rate, temperature }: { rate: number; temperature: number },
): number {
  const wrong = rate * sigmoid(-margin / temperature)
  return wrong / (wrong + (1 - rate) * sigmoid(margin / temperature))
}

/** Above one half, labels would mean their opposite. */
const highestRate = 0.499

/** Margins in units of their scale, equal or close ones taken together, and how many each is. */
interface Summarised {
  readonly margins: Float64Array
  readonly weights: Float64Array
}

/** At most this many groups of margins: their means in place of the margins move the rate by less than 1e-4. */
const groups = 500

function summarised(margins: Float64Array, scale: number): Summarised {
  const sorted = margins.toSorted()
  const count = Math.min(groups, sorted.length)
  const [means, weights] = [new Float64Array(count), new Float64Array(count)]
  for (let group = 0; group < count; group++) {
    const start = Math.floor((group * sorted.length) / count)
    const end = Math.floor(((group + 1) * sorted.length) / count)
    for (let i = start; i < end; i++) means[group] = at(means, group) + at(sorted, i) / scale / (end - start)
    weights[group] = end - start
  }
  return { margins: means, weights }
}

/** The likelihood of a rate at the steepness (1 / temperature) that suits it best. */
interface Fit {
  readonly value: number
  readonly steepness: number
}

/** Logarithms of the steepness from which a fit begins, for margins in units of their median size. */
const beginnings = [-3, -2, -1, 0, 1, 2, 3, 5]
const widest = 7

/**
 * The best fit for a rate: by Fisher scoring in the logarithm of the steepness, from the best of some beginnings, since
 * there may be several peaks. A step that does not help is halved.
 */
function createProfile({ margins, weights }: Summarised): (rate: number) => Fit {
  const likelihoodAt = (rate: number, log: number) => {
    const steepness = Math.exp(log)
    let [value, score, information] = [0, 0, 0]
    for (let i = 0; i < margins.length; i++) {
      const [argument, weight] = [at(margins, i) * steepness, at(weights, i)]
      const share = sigmoid(argument)
      const likelihood = rate + (1 - 2 * rate) * share
      const slope = (1 - 2 * rate) * share * (1 - share) * argument
      value += weight * (rate === 0 ? logSigmoid(argument) : Math.log(likelihood))
      score += weight * (rate === 0 ? (1 - share) * argument : slope / likelihood)
      information += weight * (slope ** 2 / Math.max(likelihood * (1 - likelihood), 1e-300))
    }
    return { log, value, score, information }
  }
  return (rate) => {
    let here = beginnings
      .map((log) => likelihoodAt(rate, log))
      .reduce((best, other) => (other.value > best.value ? other : best))
    for (let i = 0; i < 30; i++) {
      const { log, value, score, information } = here
      let step = Math.max(-1, Math.min(1, score / Math.max(information, 1e-300)))
      let there = likelihoodAt(rate, Math.max(-widest, Math.min(widest, log + step)))
      for (; there.value < value && Math.abs(step) > 1e-6; there = likelihoodAt(rate, log + step)) step /= 2
      if (there.value <= value || Math.abs(there.log - log) < 1e-6) break
      here = there
    }
    return { value: here.value, steepness: Math.exp(here.log) }
  }
}

/** Where a function with one peak, or with few, is highest: a grid, then golden sections around its best point. */
function highest(of: (x: number) => number, from: number, to: number): number {
  const steps = 12
  const grid = Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps)
  const values = grid.map(of)
  const best = values.indexOf(Math.max(...values))
  let low = at(grid, Math.max(0, best - 1))
  let high = at(grid, Math.min(steps, best + 1))
  const golden = (Math.sqrt(5) - 1) / 2
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)]
  let [leftValue, rightValue] = [of(left), of(right)]
  for (let i = 0; i < 16; i++) {
    if (leftValue >= rightValue) {
      ;[high, right, rightValue] = [right, left, leftValue]
      left = high - golden * (high - low)
      leftValue = of(left)
    } else {
      ;[low, left, leftValue] = [left, right, rightValue]
      right = low + golden * (high - low)
      rightValue = of(right)
    }
  }
  const middle = (low + high) / 2
  return at(values, best) > of(middle) ? at(grid, best) : middle
}

/** The last rate that fits on the way from the best one to an end. */
function bound(fits: (rate: number) => boolean, best: number, end: number): number {
  if (fits(end)) return end
  let [inside, outside] = [best, end]
  for (let i = 0; i < 13; i++) {
    const middle = (inside + outside) / 2
    if (fits(middle)) inside = middle
    else outside = middle
  }
  return (inside + outside) / 2
}

/**
 * How much larger the variance of the rate is for pairs that come by prompts: the entry of the rate in H^-1 M H^-1 over
 * that in H^-1. M sums the squared scores of prompts, and H those of pairs, for rate and log steepness.
 */
function designEffect(
  margins: Float64Array,
  clusters: Clusters,
  { rate, steepness }: { readonly rate: number; readonly steepness: number },
): number {
  const byPrompt = { rate: new Float64Array(clusters.count), steepness: new Float64Array(clusters.count) }
  let [a, b, c] = [0, 0, 0]
  for (let pair = 0; pair < margins.length; pair++) {
    const argument = at(margins, pair) * steepness
    const share = sigmoid(argument)
    const likelihood = rate + (1 - 2 * rate) * share
    const ofRate = (1 - 2 * share) / likelihood
    const ofSteepness = ((1 - 2 * rate) * share * (1 - share) * argument) / likelihood
    a += ofRate ** 2
    b += ofRate * ofSteepness
    c += ofSteepness ** 2
    const prompt = at(clusters.of, pair)
    byPrompt.rate[prompt] = at(byPrompt.rate, prompt) + ofRate
    byPrompt.steepness[prompt] = at(byPrompt.steepness, prompt) + ofSteepness
  }
  // The first row of H^-1, without its determinant: (c, -b). The ratio is row M row' / (c det H).
  let robust = 0
  for (let prompt = 0; prompt < clusters.count; prompt++)
    robust += (c * at(byPrompt.rate, prompt) - b * at(byPrompt.steepness, prompt)) ** 2
  const determinant = a * c - b * b
  const effect = robust / (c * determinant)
  return Number.isFinite(effect) ? effect : 1
}

function medianSize(margins: Float64Array): number {
  const sizes = margins.map(Math.abs).sort()
  return at(sizes, Math.floor(sizes.length / 2))
}
