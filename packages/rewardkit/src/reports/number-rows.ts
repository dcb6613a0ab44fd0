import type { Baselines } from '../analysis/baselines.ts'
import type { MarginDistribution } from '../analysis/margin-distribution.ts'
import type { MarginStatistics } from '../statistics/types.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { number, percent, whole } from './number-format.ts'
import { html, type Markup } from './html.ts'
import type { KnownTruth, ReportRun } from './report-run.ts'
import { estimated, estimatedShare, interval, runHeads, scrollable } from './table.ts'

/** A number of an evaluation, as a row of a table. */
interface Row {
  readonly name: string
  readonly meaning: string
  readonly cell: (summary: EvaluationSummary, truth: KnownTruth | undefined) => string | Markup
  /** Rows that only some runs can fill are left out where none does. */
  readonly needs?: (run: ReportRun) => boolean
}

/** Numbers of the evaluations, a column a run; a run without evaluation has dashes. */
export function numbersTable(title: string, rows: readonly Row[], runs: readonly ReportRun[]): Markup {
  const shown = rows.filter(({ needs }) => !needs || runs.some(needs))
  const body = shown.map(
    ({ name, meaning, cell }) =>
      html`<tr>
        <th scope="row">${name}<small>${meaning}</small></th>
        ${runs.map(({ evaluation, truth }) => html`<td>${evaluation ? cell(evaluation.summary, truth) : number(null)}</td>`)}
      </tr>`,
  )
  return scrollable(
    title,
    html`<table class="numbers">
      ${runHeads(runs)}
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** The accuracy of a baseline, and how much better the model is on the same pairs. */
function baselineRow(baseline: keyof Baselines, name: string, meaning: string): Row {
  return {
    name,
    meaning,
    cell: ({ baselines, longer_wins }) => {
      const found = baselines?.[baseline]
      if (!found) return baseline === 'longer_wins' ? interval(longer_wins) : number(null)
      const { value, low, high } = found.difference
      const points = (share: number) => number(100 * share, 1)
      return html`${interval(found.accuracy)}<small
          >model ${value < 0 ? '' : '+'}${points(value)} points (${points(low)} to ${points(high)})</small
        >`
    },
    needs: ({ evaluation }) => baseline === 'longer_wins' || evaluation?.summary.baselines?.[baseline] !== undefined,
  }
}

const rmBenchMeaning = {
  easy: 'chosen has the richer style',
  normal: 'both have the same style',
  hard: 'rejected has the richer style',
  average: 'of all pairs',
} as const

/** What one can act on. */
export const accuracyRows: readonly Row[] = [
  { name: 'Pairs', meaning: 'held-out pairs that were ranked', cell: ({ pairs }) => whole(pairs) },
  { name: 'Prompts', meaning: 'intervals account for shared prompts', cell: ({ prompts }) => whole(prompts) },
  {
    name: 'Accuracy',
    meaning: 'chosen reward is higher, 95 % interval',
    cell: ({ accuracy }) => interval(accuracy),
  },
  baselineRow('longer_wins', 'Longer wins', 'if the response with more tokens won'),
  baselineRow('bag_of_words', 'Bag of words', 'a linear model of words and pairs of words'),
  baselineRow('log_likelihood', 'Log-likelihood', 'if the likelier response won'),
  baselineRow('log_likelihood_per_token', 'The same per token', 'its mean over tokens'),
  {
    name: 'Best achievable',
    meaning: 'by the true ranking, on noisy labels',
    cell: (_, truth) => percent(truth?.bestAchievableAccuracy),
    needs: ({ truth }) => truth?.bestAchievableAccuracy !== undefined,
  },
  {
    name: 'Accuracy on true labels',
    meaning: 'agreement with the known truth',
    cell: (_, truth) => (truth?.accuracyOnTrueLabels ? interval(truth.accuracyOnTrueLabels) : number(null)),
    needs: ({ truth }) => truth?.accuracyOnTrueLabels !== undefined,
  },
  { name: 'Ties', meaning: 'equal rewards; they count as not correct', cell: ({ ties }) => whole(ties) },
  {
    name: 'Mean of subsets',
    meaning: 'each subset counts alike',
    cell: ({ subset_means }) => estimatedShare(subset_means?.unweighted),
    needs: ({ evaluation }) => evaluation?.summary.subset_means !== undefined,
  },
  {
    name: 'Best of K',
    meaning: 'groups whose right response has the highest reward',
    cell: ({ groups }) => {
      const best = groups?.best_of_k
      return best ? html`${interval(best.accuracy)}<small>chance ${percent(best.chance)}</small>` : number(null)
    },
    needs: ({ evaluation }) => evaluation?.summary.groups?.best_of_k !== undefined,
  },
  ...(['easy', 'normal', 'hard', 'average'] as const).map((kind): Row => ({
    name: `RM-Bench, ${kind}`,
    meaning: rmBenchMeaning[kind],
    cell: ({ groups }) => estimatedShare(groups?.rm_bench?.[kind]),
    needs: ({ evaluation }) => evaluation?.summary.groups?.rm_bench !== undefined,
  })),
]

/** A statistic of the margins, from their distribution where the summary has it. */
function marginRow(
  name: string,
  meaning: string,
  block: Exclude<keyof MarginDistribution, 'quantiles'>,
  plain?: (margins: MarginStatistics) => number,
): Row {
  return {
    name,
    meaning,
    cell: ({ margin_distribution, reward_margin }) =>
      margin_distribution ? estimated(margin_distribution[block]) : number(plain?.(reward_margin)),
  }
}

/** What the margins are like; each with its 95 % interval. */
export const marginRows: readonly Row[] = [
  marginRow('Mean', 'grows with the reward scale', 'mean', ({ mean }) => mean),
  marginRow('Standard deviation', 'n − 1 in the denominator', 'standard_deviation', (all) => all.standard_deviation),
  marginRow(
    'Mean / sd',
    'scale-free: compare runs here',
    'mean_over_standard_deviation',
    (all) => all.mean_over_standard_deviation,
  ),
  marginRow('Median', 'half of the margins are below it', 'median'),
  marginRow('Skewness g1', 'above 0: longer tail to the right', 'skewness', ({ skewness }) => skewness),
  marginRow('Excess kurtosis g2', '0 for a normal distribution', 'excess_kurtosis', (all) => all.excess_kurtosis),
  {
    name: 'Below zero',
    meaning: 'pairs ranked the wrong way round',
    cell: ({ margin_distribution: block, reward_margin }) =>
      block ? estimatedShare(block.share_below_zero) : percent(reward_margin.share_below_zero),
  },
  {
    name: 'Rank correlation',
    meaning: "Spearman's, with the true margin",
    cell: (_, truth) => number(truth?.rankCorrelation),
    needs: ({ truth }) => truth?.rankCorrelation !== undefined,
  },
]

/** How well the probabilities that follow from rewards fit; each with its 95 % interval where the summary has it. */
export const calibrationRows: readonly Row[] = [
  {
    name: 'Log loss',
    meaning: 'a coin toss gives 0.693',
    cell: ({ calibration, log_loss }) => (calibration ? estimated(calibration.log_loss) : number(log_loss)),
  },
  {
    name: 'Log loss after temperature',
    meaning: 'by one that was not fitted on these pairs',
    cell: ({ calibration, log_loss_after_temperature: plain }) =>
      calibration ? estimated(calibration.after_temperature.log_loss) : number(plain),
  },
  {
    name: 'Brier score',
    meaning: 'a coin toss gives 0.25',
    cell: ({ calibration }) => estimated(calibration?.brier_score),
  },
  {
    name: 'Calibration error',
    meaning: 'mean distance to the diagonal, and by chance alone',
    cell: ({ calibration }) => {
      const error = calibration?.expected_calibration_error
      const chance = percent(error?.if_calibrated.value)
      return html`${estimatedShare(error)}<small>by chance ${chance}</small>`
    },
  },
  {
    name: 'Error after temperature',
    meaning: 'by one that was not fitted on these pairs',
    cell: ({ calibration }) => estimatedShare(calibration?.after_temperature.expected_calibration_error),
  },
  {
    name: 'Temperature',
    meaning: 'above 1: the margins are overconfident',
    cell: ({ calibration, temperature }) =>
      calibration ? estimated(calibration.after_temperature.temperature, 2) : number(temperature, 2),
  },
]
