import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import type { BatchRewards, Objective } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'
import { type LossAndSlope, pairLoss, smoothed } from './pair-loss.ts'
import { finish, marginsOf, pairWeights } from './result.ts'

/** The loss of one pair from d = chosen - rejected and the pair's column (margin or probability), and its d-derivative. */
type PairFormula = (d: number, column: number) => LossAndSlope

/** Eq. 1-2: -log sigmoid(d). */
export function bradleyTerry(options: ObjectiveOptions): Objective {
  const p = smoothed(1, options.labelSmoothing)
  return pairwise('bradley-terry', options, null, (d) => pairLoss(d, p))
}

/** Eq. 3: -log sigmoid(d - m), m the annotated margin. Smoothing is applied to d - m. */
export function annotatedMargin(options: ObjectiveOptions): Objective {
  const p = smoothed(1, options.labelSmoothing)
  return pairwise('annotated-margin', options, 'margin', (d, m) => pairLoss(d - m, p))
}

/** -m log sigmoid(d): the margin as the pair's weight ("Scaled Bradley-Terry", Wang et al. 2024, HelpSteer2-Preference). */
export function scaledBradleyTerry(options: ObjectiveOptions): Objective {
  const p = smoothed(1, options.labelSmoothing)
  const objective = pairwise('scaled-bradley-terry', options, 'margin', (d, m) => {
    if (m < 0) throw new InputError(`scaled-bradley-terry: found margin ${m}, expected 0 or more, since it is a weight`)
    const { loss, slope } = pairLoss(d, p)
    return { loss: m * loss, slope: m * slope }
  })
  return { ...objective, leastMargin: 0 }
}

/** -p log sigmoid(d) - (1 - p) log sigmoid(-d): p is the probability that chosen is better; 0.5 is a tie. */
export function softLabel(options: ObjectiveOptions): Objective {
  return pairwise('soft-label', options, 'probability', (d, p) => {
    if (p < 0 || p > 1) throw new InputError(`soft-label: found probability ${p}, expected a number from 0 to 1`)
    return pairLoss(d, smoothed(p, options.labelSmoothing))
  })
}

/** The mean over the batch, by the pairs' weights, of a formula that looks at one pair at a time. */
function pairwise(
  name: string,
  options: ObjectiveOptions,
  columnName: 'margin' | 'probability' | null,
  formula: PairFormula,
): Objective {
  return {
    name,
    separable: true,
    needsMargin: columnName === 'margin',
    needsProbability: columnName === 'probability',
    usesWeight: true,
    initialState: { runningMean: null },
    evaluate(rewards, state) {
      const column = columnName && columnOf(rewards, columnName, name)
      const d = marginsOf(rewards)
      const pairs = Array.from(d, (margin, i) => formula(margin, column ? at(column, i) : NaN))
      const { weightOf, total } = pairWeights(rewards)
      const loss = pairs.reduce((sum, pair, i) => sum + weightOf(i) * pair.loss, 0) / total
      const gradient = Float64Array.from(pairs, (pair, i) => (weightOf(i) * pair.slope) / total)
      return finish(rewards, options, { loss, gradient, batchMargin: null, shareBelowThreshold: null, state })
    },
  }
}

function columnOf(rewards: BatchRewards, column: 'margin' | 'probability', name: string): Float64Array {
  const values = rewards[column]
  if (!values)
    throw new InputError(`${name}: no ${column} was given, expected one for each pair`, {
      remedy: 'add them or choose bradley-terry',
    })
  return values
}
