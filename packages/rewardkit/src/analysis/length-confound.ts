import { float64At } from '../at.ts'
import { type Correlation, correlationInterval, partialCorrelation, spearman } from '../statistics/correlations.ts'
import { influenceInterval } from '../statistics/intervals.ts'
import type { Interval } from '../statistics/types.ts'
import { clustersIn, type Part, pairsWhere, partOf, shareOf, valuesOf } from './parts.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'

/** How far the length of responses explains what a reward model prefers. */
export interface LengthConfound {
  /** What length is measured in: tokens where they are known. */
  readonly measure: 'tokens' | 'characters'
  readonly chosen_longer: Part
  readonly chosen_shorter: Part
  readonly equal_length: Part
  /**
   * The mean of the accuracies where the chosen response is longer and where it is shorter: what the accuracy would be
   * if each was as frequent. "The longer one is better" reaches exactly one half. Null without pairs of both kinds.
   */
  readonly length_controlled_accuracy: Interval | null
  /**
   * Spearman's correlation of the reward margin with the length difference, chosen less rejected. The label is held
   * constant thereby: see docs/confounds.md. Null where it is undefined.
   */
  readonly rank_correlation: Interval | null
  /** The same given the annotated margin, on the pairs that have one. */
  readonly partial_rank_correlation: Interval | null
}

/** Null where no lengths are known. */
export function lengthConfound(table: RewardTable): LengthConfound | null {
  const measured = lengthDifferences(table)
  if (!measured) return null
  const { measure, differences } = measured
  const longer = pairsWhere(table.pairs, (pair) => float64At(differences, pair) > 0)
  const shorter = pairsWhere(table.pairs, (pair) => float64At(differences, pair) < 0)
  return {
    measure,
    chosen_longer: partOf(table, longer),
    chosen_shorter: partOf(table, shorter),
    equal_length: partOf(
      table,
      pairsWhere(table.pairs, (pair) => float64At(differences, pair) === 0),
    ),
    length_controlled_accuracy: lengthControlledAccuracy(table, longer, shorter),
    ...correlations(table, differences),
  }
}

function correlations(table: RewardTable, differences: Float64Array) {
  const { margins, annotatedMargins: annotated } = table
  const interval = (correlation: Correlation, pairs: Int32Array): Interval | null => {
    const found = correlationInterval(correlation, clustersIn(table, pairs))
    return Number.isFinite(found.low) && Number.isFinite(found.high) ? found : null
  }
  const withLength = (pairs: Int32Array) => spearman(valuesOf(margins, pairs), valuesOf(differences, pairs))
  const measured = pairsWhere(table.pairs, (pair) => !Number.isNaN(float64At(differences, pair)))
  const correlation = withLength(measured)
  const rank_correlation = interval(correlation, measured)
  const graded = annotated ? measured.filter((pair) => !Number.isNaN(float64At(annotated, pair))) : Int32Array.of()
  if (!annotated || graded.length === 0) return { rank_correlation, partial_rank_correlation: null }
  const grades = valuesOf(annotated, graded)
  const partial = partialCorrelation(
    graded.length === measured.length ? correlation : withLength(graded),
    spearman(valuesOf(margins, graded), grades),
    spearman(valuesOf(differences, graded), grades),
  )
  return { rank_correlation, partial_rank_correlation: interval(partial, graded) }
}

/** Chosen length less rejected length; NaN where unknown. Undefined where no length is known. */
function lengthDifferences({ chosenTokens, rejectedTokens, texts, pairs }: RewardTable) {
  const measure = chosenTokens && rejectedTokens ? 'tokens' : 'characters'
  const [chosen, rejected] =
    measure === 'tokens' ? [chosenTokens, rejectedTokens] : [texts?.chosenCharacters, texts?.rejectedCharacters]
  if (!chosen || !rejected) return undefined
  const differences = new Float64Array(pairs)
  for (let pair = 0; pair < pairs; pair++) differences[pair] = float64At(chosen, pair) - float64At(rejected, pair)
  return { measure, differences } as const
}

/**
 * Balanced accuracy (Brodersen et al. 2010) over the two directions of the length difference. Its interval is the wider
 * of two. The delta method by prompts respects that both parts share prompts, but has no width where all pairs of each
 * part are alike. The intervals of the two shares combined (MOVER, Zou and Donner 2008) have one.
 */
function lengthControlledAccuracy(table: RewardTable, longer: Int32Array, shorter: Int32Array): Interval | null {
  const isCorrect = (pair: number) => (float64At(table.margins, pair) > 0 ? 1 : 0)
  const [a, b] = [shareOf(table, longer, isCorrect), shareOf(table, shorter, isCorrect)]
  if (!a || !b) return null
  const value = (a.value + b.value) / 2
  const influence = new Float64Array(table.pairs)
  for (const pair of longer) influence[pair] = ((isCorrect(pair) - a.value) * table.pairs) / longer.length / 2
  for (const pair of shorter) influence[pair] = ((isCorrect(pair) - b.value) * table.pairs) / shorter.length / 2
  const delta = influenceInterval(value, influence, promptClusters(table))
  const below = Math.hypot(a.value - a.low, b.value - b.low) / 2
  const above = Math.hypot(a.high - a.value, b.high - b.value) / 2
  // With one prompt the delta method has no bounds.
  const half = Number.isNaN(delta.low) ? 1 : value - delta.low
  return {
    value,
    low: Math.max(0, value - Math.max(below, half)),
    high: Math.min(1, value + Math.max(above, half)),
  }
}
