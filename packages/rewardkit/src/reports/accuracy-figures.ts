import type { Baselines } from '../analysis/baselines.ts'
import type { Interval, PairSummary } from '../statistics/types.ts'
import { runColour } from './draw.ts'
import { type DotPlot, type DotRow, drawDots, type Sign } from './dot-plot.ts'
import type { Figure } from './figure.ts'
import type { EvaluatedRun } from './margin-figures.ts'
import { percent, percentInterval } from './number-format.ts'

/** How the accuracy of each baseline is drawn beside that of a model. */
const baselineSigns: readonly (readonly [name: keyof Baselines, sign: Sign, text: string])[] = [
  ['longer_wins', 'diamond', 'longer wins'],
  ['bag_of_words', 'square', 'bag of words'],
  ['log_likelihood', 'triangle', 'log-likelihood'],
  ['log_likelihood_per_token', 'star', 'log-likelihood per token'],
]

/** Shares on an axis, without decimals that say nothing. */
export const accuracyTick = (share: number): string => percent(share).replace('.0', '')

/** Accuracy of each run with its interval, against what costs nothing, chance and the best achievable accuracy. */
export function accuracyFigure(runs: readonly EvaluatedRun[]): Figure {
  const best = runs.map(({ run }) => run.truth?.bestAchievableAccuracy).find((share) => share !== undefined)
  const rows = runs.map(({ index, name, evaluation: { summary } }) =>
    accuracyRow(name, index, summary, (baseline) => summary.baselines?.[baseline]?.accuracy),
  )
  const spoken = runs.map(({ name, evaluation }) => `${name}: ${percentInterval(evaluation.summary.accuracy)}`)
  const plot = {
    label: `Accuracy with 95 % intervals. ${spoken.join('; ')}.`,
    groups: [{ heading: null, rows }],
    references: [
      { value: 0.5, text: 'chance' },
      ...(best === undefined ? [] : [{ value: best, text: 'best achievable' }]),
    ],
    key: keyOf(rows),
    format: accuracyTick,
    bounds: [0, 1],
  } as const
  const caption = [
    'Filled points are accuracies on held-out pairs, bars their 95 % intervals; hollow signs need no model.',
    runs.length > 1
      ? 'Runs whose bars overlap may still differ, since they share pairs: rewardkit compare tests their difference.'
      : '',
    best === undefined
      ? ''
      : `No ranking can be expected to pass the best achievable accuracy of ${percent(best)}, because labels are noisy.`,
  ]
  return {
    name: 'accuracy',
    namesRuns: true,
    title: 'Accuracy',
    caption: caption.filter((sentence) => sentence !== '').join(' '),
    pictures: [drawDots(plot, 560), drawDots(plot, 330)],
  }
}

/** Subsets in a picture; a table has them all. */
const mostSubsets = 40

/** Accuracy of each subset with its interval, a row a run; null where no run has subsets. */
export function subsetsFigure(runs: readonly EvaluatedRun[]): Figure | null {
  const names = [...new Set(runs.flatMap(({ evaluation }) => Object.keys(evaluation.summary.subsets)))]
  if (names.length === 0) return null
  const shown = names.slice(0, mostSubsets)
  const rowsOf = (subset: string, label: (run: EvaluatedRun) => string) =>
    runs.flatMap((run) => {
      const { subsets, baselines } = run.evaluation.summary
      const summary = subsets[subset]
      const inSubset = (baseline: keyof Baselines) => baselines?.[baseline]?.subsets[subset]
      return summary ? [accuracyRow(label(run), run.index, summary, inSubset)] : []
    })
  const isAlone = runs.length === 1
  const groups = isAlone
    ? [{ heading: null, rows: shown.flatMap((subset) => rowsOf(subset, () => subset)) }]
    : shown.map((subset) => ({ heading: subset, rows: rowsOf(subset, ({ name }) => name) }))
  const plot = {
    label: `Accuracy of ${shown.length} subsets with 95 % intervals; the table beside has the numbers.`,
    groups,
    references: [{ value: 0.5, text: 'chance' }],
    key: keyOf(groups.flatMap(({ rows }) => rows)),
    format: accuracyTick,
    bounds: [0, 1],
  } as const
  const left = names.length - shown.length
  return {
    name: 'subsets',
    namesRuns: true,
    title: 'Accuracy of subsets',
    caption: `Subsets with few pairs have wide bars: look for bars that lie apart.${left > 0 ? ` The first ${shown.length} of ${names.length} subsets are drawn.` : ''}`,
    pictures: [drawDots(plot, 560), drawDots(plot, 330)],
  }
}

function accuracyRow(
  label: string,
  place: number,
  { accuracy, longer_wins }: Pick<PairSummary, 'accuracy' | 'longer_wins'>,
  baseline: (name: keyof Baselines) => Interval | undefined,
): DotRow {
  const others = baselineSigns.flatMap(([name, sign]) => {
    // Summaries before baselines were measured know of "longer wins" alone.
    const found = baseline(name) ?? (name === 'longer_wins' ? longer_wins : undefined)
    return found && Number.isFinite(found.value) ? [{ sign, value: found.value }] : []
  })
  return { label, colour: runColour(place), interval: accuracy, text: percent(accuracy.value), others }
}

/** The signs that occur. */
function keyOf(rows: readonly DotRow[]): DotPlot['key'] {
  const signs = new Set(rows.flatMap(({ others }) => others.map(({ sign }) => sign)))
  const baselines = baselineSigns.filter(([, sign]) => signs.has(sign)).map(([, sign, text]) => ({ sign, text }))
  return [{ sign: 'circle', text: 'model' }, ...baselines]
}
