import type { Baselines } from '../analysis/baselines.ts'
import type { Statistic } from '../analysis/statistic.ts'
import type { MarginDistribution } from '../analysis/margin-distribution.ts'
import type { Interval, MarginStatistics, PairSummary } from '../statistics/types.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import type { EvaluationMetrics, HiddenStateMetrics, MetricsLine, StepMetrics } from '../run-metrics.ts'
import { duration, number, percent, whole } from './number-format.ts'
import { html, type Markup } from './html.ts'
import type { KnownTruth, ReportRun } from './report-run.ts'
import { severalClaims } from './several-claims.ts'

export interface Row {
  readonly name: string
  readonly meaning: string
  readonly cell: (summary: EvaluationSummary, truth: KnownTruth | undefined) => string | Markup
  /** Rows that only some runs can fill are left out where none does. */
  readonly needs?: (run: ReportRun) => boolean
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

/** The paper's claims about the margins of each run, and those that several runs show, one by one. */
export function claimsTable(runs: readonly ReportRun[]): Markup | null {
  const ofEach = runs.flatMap(({ name, evaluation }) =>
    (evaluation?.summary.claims ?? []).map((claim) => ({ run: name, ...claim })),
  )
  const claims = [...ofEach, ...severalClaims(runs)]
  if (claims.length === 0) return null
  const isSeveral = runs.length > 1
  const body = claims.map(
    ({ run, claim, verdict, words }) =>
      html`<tr>
        <th scope="row">${claim.replaceAll('_', ' ')}</th>
        ${isSeveral ? html`<td class="words"><bdi>${run}</bdi></td>` : null}
        <td class="words">${verdict}</td>
        <td class="words">${words}</td>
      </tr>`,
  )
  return scrollable(
    'Claims of the paper',
    html`<table class="configuration">
      <thead>
        <tr>
          <th scope="col">Claim of the paper</th>
          ${isSeveral ? html`<th scope="col">Run</th>` : null}
          <th scope="col">On these pairs</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** RM-Bench's matrix of each run that has one: accuracy by the style of the chosen response and of the rejected one. */
export function styleTables(runs: readonly ReportRun[]): Markup | null {
  const found = runs.flatMap(({ name, evaluation }) => {
    const matrix = evaluation?.summary.groups?.rm_bench
    return matrix ? [{ name, ...matrix }] : []
  })
  if (found.length === 0) return null
  return html`${found.map(({ name, styles, matrix }) =>
    scrollable(
      `RM-Bench, ${name}`,
      html`<table class="numbers">
        <thead>
          <tr>
            <th scope="col">RM-Bench, <bdi>${name}</bdi></th>
            ${styles.map((style) => html`<th scope="col">rejected ${style.replaceAll('_', ' ')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${styles.map(
            (style, row) =>
              html`<tr>
                <th scope="row">chosen ${style.replaceAll('_', ' ')}</th>
                ${(matrix[row] ?? []).map((share) => html`<td>${percent(share)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>`,
    ),
  )}`
}

/** What training took: steps, pairs, time, speed and memory. */
export function trainingTable(runs: readonly ReportRun[]): Markup {
  const hasHiddenStates = runs.some(({ metrics }) => metrics.some(({ kind }) => kind === 'hidden_states'))
  const cells: readonly (readonly [string, (lines: TrainingLines) => string])[] = [
    ['Steps', ({ steps }) => whole(steps.length)],
    ['Pairs', ({ steps }) => whole(sum(steps.map(({ pairs }) => pairs)))],
    ...(hasHiddenStates
      ? [
          [
            'Time for hidden states',
            ({ hidden }: TrainingLines) => duration(sum(hidden.map(({ seconds }) => seconds))),
          ] as const,
        ]
      : []),
    ['Time in steps', ({ steps }) => duration(sum(steps.map(({ seconds }) => seconds)))],
    ['Time in evaluations', ({ evaluations }) => duration(sum(evaluations.map(({ seconds }) => seconds)))],
    [
      'Pairs per second of steps',
      ({ steps }) => number(sum(steps.map(({ pairs }) => pairs)) / sum(steps.map(({ seconds }) => seconds)), 2),
    ],
    [
      'Peak memory',
      ({ steps }) => `${number(steps.reduce((most, line) => Math.max(most, line.peak_memory), 0) / 2 ** 30, 2)} GiB`,
    ],
  ]
  const all = runs.map(({ metrics }) => trainingLines(metrics))
  const body = cells.map(
    ([name, cell]) =>
      html`<tr>
        <th scope="row">${name}</th>
        ${all.map((lines) => html`<td>${lines.steps.length > 0 ? cell(lines) : number(null)}</td>`)}
      </tr>`,
  )
  return scrollable(
    'Training in numbers',
    html`<table class="numbers">
      ${runHeads(runs)}
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** The lines of metrics.jsonl by their kind. */
interface TrainingLines {
  readonly steps: readonly StepMetrics[]
  readonly evaluations: readonly EvaluationMetrics[]
  readonly hidden: readonly HiddenStateMetrics[]
}

function trainingLines(metrics: readonly MetricsLine[]): TrainingLines {
  return {
    steps: metrics.filter((line) => line.kind === 'step'),
    evaluations: metrics.filter((line) => line.kind === 'evaluation'),
    hidden: metrics.filter((line) => line.kind === 'hidden_states'),
  }
}

/** Accuracy, pairs and margins of each subset, a line each run; null where no run has subsets. */
export function subsetsTable(runs: readonly ReportRun[]): Markup | null {
  const names = [...new Set(runs.flatMap(({ evaluation }) => Object.keys(evaluation?.summary.subsets ?? {})))]
  if (names.length === 0) return null
  const lines = names.flatMap((subset) =>
    runs.flatMap((run) => {
      const summary = run.evaluation?.summary.subsets[subset]
      return summary ? [subsetRow(subset, run.name, summary, runs.length > 1)] : []
    }),
  )
  const head = html`<thead>
    <tr>
      <th scope="col">Subset</th>
      ${runs.length > 1 ? html`<th scope="col" class="words">Run</th>` : null}
      <th scope="col">Pairs</th>
      <th scope="col">Accuracy</th>
      <th scope="col">Longer wins</th>
      <th scope="col">Ties</th>
      <th scope="col">Margin mean</th>
      <th scope="col">Mean / sd</th>
      <th scope="col">Log loss</th>
    </tr>
  </thead>`
  return scrollable(
    'Subsets',
    html`<table class="numbers long">
      ${head}
      <tbody>
        ${lines}
      </tbody>
    </table>`,
  )
}

function subsetRow(subset: string, run: string, summary: PairSummary, several: boolean): Markup {
  const { pairs, accuracy, longer_wins, ties, reward_margin, log_loss } = summary
  return html`<tr>
    <th scope="row"><bdi>${subset}</bdi></th>
    ${several ? html`<td class="words"><bdi>${run}</bdi></td>` : null}
    <td>${whole(pairs)}</td>
    <td>${interval(accuracy)}</td>
    <td>${percent(longer_wins.value)}</td>
    <td>${whole(ties)}</td>
    <td>${number(reward_margin.mean)}</td>
    <td>${number(reward_margin.mean_over_standard_deviation)}</td>
    <td>${number(log_loss)}</td>
  </tr>`
}

/** The resolved configuration, a column a run; what differs between runs is bold and says so. */
export function configurationTable(runs: readonly ReportRun[]): Markup {
  const flat = runs.map(({ config }) => new Map(flattened(config)))
  const keys = [...new Set(flat.flatMap((entries) => [...entries.keys()]))]
  const body = keys.map((key) => {
    const values = flat.map((entries) => entries.get(key) ?? number(null))
    const differs = new Set(values).size > 1
    return html`<tr ${differs ? html`class="differs"` : null}>
      <th scope="row"><code>${key}</code>${differs ? html` <span class="tag">differs</span>` : null}</th>
      ${values.map((value) => html`<td class="words"><bdi>${value}</bdi></td>`)}
    </tr>`
  })
  return scrollable(
    'Configuration',
    html`<table class="configuration">
      ${runHeads(runs)}
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** `a.b` and its value for every leaf; lists and texts in YAML's short form. */
function flattened(config: Readonly<Record<string, unknown>>, path = ''): [string, string][] {
  return Object.entries(config).flatMap(([key, value]): [string, string][] => {
    if (value === undefined) return []
    if (value === null) return [[`${path}${key}`, 'not set']]
    if (isRecord(value)) return flattened(value, `${path}${key}.`)
    return [[`${path}${key}`, typeof value === 'string' ? value : JSON.stringify(value)]]
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The names of the runs over their columns. */
export function runHeads(runs: readonly ReportRun[]): Markup {
  return html`<thead>
    <tr>
      <td></td>
      ${runs.map(({ name }) => html`<th scope="col"><bdi>${name}</bdi></th>`)}
    </tr>
  </thead>`
}

/** A share with its interval beneath. */
function interval({ value, low, high }: Interval): Markup {
  return html`${percent(value)}<small>${number(100 * low, 1)} to ${number(100 * high, 1)}</small>`
}

/** A statistic with its interval beneath, or why it has none. */
function estimated(estimate: Statistic | undefined, decimals = 3): Markup {
  return estimateMarkup(estimate, (value) => number(value, decimals))
}

/** The same for a share. */
function estimatedShare(estimate: Statistic | undefined): Markup {
  return estimateMarkup(estimate, percent)
}

function estimateMarkup(estimate: Statistic | undefined, text: (value: number | null) => string): Markup {
  if (!estimate) return html`${number(null)}`
  const { value, low, high, reason } = estimate
  const beneath = low !== null && high !== null ? `${text(low)} to ${text(high)}` : (reason ?? '')
  return html`${text(value)}<small>${beneath}</small>`
}

/** A table that scrolls on its own on narrow pages, by keyboard too. */
export function scrollable(name: string, table: Markup): Markup {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Numbers: ${name}">${table}</div>`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
