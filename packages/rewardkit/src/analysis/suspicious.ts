import { at } from '../at.ts'
import { sigmoid } from '../logistic.ts'
import { type LabelNoise, wrongLabelProbability } from './label-noise.ts'
import { pairsWhere } from './parts.ts'
import type { RewardTable } from './reward-table.ts'

/** Why a person should look at a pair. */
export type Suspicion = 'confidently_wrong' | 'contradiction' | 'outlier' | 'near_tie'

/** The order of the bits, and of what a person should look at first. */
const suspicions: readonly Suspicion[] = ['confidently_wrong', 'contradiction', 'outlier', 'near_tie']

/** How many pairs there are of each kind; a pair may be of several. */
export interface Suspicious {
  readonly pairs: number
  /** Null where margins and labels do not agree, so that the model's confidence means nothing. */
  readonly confidently_wrong: number | null
  /** Null without texts. */
  readonly contradiction: number | null
  /** Null where at least half of the rewards are equal. */
  readonly outlier: number | null
  readonly near_tie: number
}

/** One line of `suspicious.jsonl`. */
export interface SuspiciousPair {
  readonly schema_version: 1
  readonly id: string
  readonly prompt_id: string
  readonly reasons: readonly Suspicion[]
  readonly reward_margin: number
  readonly chosen_reward: number
  readonly rejected_reward: number
  /** The model's probability for the label: sigmoid(margin / temperature); null without a temperature. */
  readonly label_probability: number | null
  /** The probability that the label is wrong, under the model of label noise; null where its rate is not told. */
  readonly wrong_label_probability: number | null
  /** The larger of the two rewards' distances from the median of all rewards, in robust standard deviations. */
  readonly outlier_score: number | null
}

/** Below this probability of the label, the model is confidently wrong, or the label is. */
const lowProbability = 0.1
/** In units of the median size of a margin. In a normal distribution, 3 % of margins are as small. */
const tieSize = 0.05
/** Robust standard deviations from the median (Iglewicz and Hoaglin 1993). */
const farAway = 3.5

/** What was found, as counts and, one after the other, as rows. */
export interface SuspiciousPairs {
  readonly counts: Suspicious
  /** First what is confidently wrong, lowest margin first; then contradictions, outliers, and near ties. */
  readonly rows: () => Generator<SuspiciousPair>
}

/**
 * The pairs that a person should look at.
 *
 * - `confidently_wrong`: sigmoid(margin / temperature) is below 0.1, with the temperature of the label noise's fit.
 * - `contradiction`: the same texts came before with the other label.
 * - `outlier`: one of its rewards is more than 3.5 robust standard deviations (1.4826 times the median distance) from
 *   the median of all rewards.
 * - `near_tie`: the size of the margin is at most a twentieth of the median size.
 */
export function suspiciousPairs(table: RewardTable, noise: LabelNoise): SuspiciousPairs {
  const { margins, chosenRewards, rejectedRewards, texts } = table
  const { temperature } = noise
  const { center, spread } = robustScale(chosenRewards, rejectedRewards)
  const tie = tieSize * median(margins.map(Math.abs))
  const distance = (pair: number) =>
    Math.max(Math.abs(at(chosenRewards, pair) - center), Math.abs(at(rejectedRewards, pair) - center)) / spread
  const probability = (pair: number) => (temperature === null ? null : sigmoid(at(margins, pair) / temperature))

  const holds: Readonly<Record<Suspicion, (pair: number) => boolean>> = {
    confidently_wrong: (pair) => (probability(pair) ?? 1) < lowProbability,
    contradiction: (pair) => (texts?.contradicts[pair] ?? -1) >= 0,
    outlier: (pair) => spread > 0 && distance(pair) > farAway,
    near_tie: (pair) => Math.abs(at(margins, pair)) <= tie,
  }
  const masks = Uint8Array.from(margins, (_, pair) =>
    suspicions.reduce((mask, reason, bit) => mask | (holds[reason](pair) ? 1 << bit : 0), 0),
  )
  const countOf = (reason: Suspicion) => {
    const bit = 1 << suspicions.indexOf(reason)
    return masks.reduce((count, mask) => count + ((mask & bit) === 0 ? 0 : 1), 0)
  }
  const found = pairsWhere(table.pairs, (pair) => at(masks, pair) !== 0)
  function* rows(): Generator<SuspiciousPair> {
    // The lowest bit is the first reason.
    const firstReason = (pair: number) => at(masks, pair) & -at(masks, pair)
    const order = found.toSorted((a, b) => firstReason(a) - firstReason(b) || at(margins, a) - at(margins, b) || a - b)
    for (const pair of order) {
      const margin = at(margins, pair)
      yield {
        schema_version: 1,
        id: at(table.ids, pair),
        prompt_id: at(table.promptIds, at(table.promptOf, pair)),
        reasons: suspicions.filter((_, bit) => (at(masks, pair) & (1 << bit)) !== 0),
        reward_margin: margin,
        chosen_reward: at(chosenRewards, pair),
        rejected_reward: at(rejectedRewards, pair),
        label_probability: probability(pair),
        wrong_label_probability:
          noise.rate && temperature !== null
            ? wrongLabelProbability(margin, { rate: noise.rate.value, temperature })
            : null,
        outlier_score: spread > 0 ? distance(pair) : null,
      }
    }
  }

  return {
    counts: {
      pairs: found.length,
      confidently_wrong: temperature === null ? null : countOf('confidently_wrong'),
      contradiction: texts ? countOf('contradiction') : null,
      outlier: spread > 0 ? countOf('outlier') : null,
      near_tie: countOf('near_tie'),
    },
    rows,
  }
}

/** Median of all rewards, and 1.4826 times the median distance from it: the standard deviation, if they were normal. */
function robustScale(chosen: Float64Array, rejected: Float64Array): { center: number; spread: number } {
  const rewards = new Float64Array(chosen.length + rejected.length)
  rewards.set(chosen)
  rewards.set(rejected, chosen.length)
  const center = median(rewards)
  return { center, spread: 1.4826 * median(rewards.map((reward) => Math.abs(reward - center))) }
}

/** The median; of an even number of values the mean of the two in the middle. */
function median(values: Float64Array): number {
  const sorted = values.toSorted()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2
}
