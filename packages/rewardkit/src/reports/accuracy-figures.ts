import type { Interval } from '../statistics/types.ts'
import { runColour } from './draw.ts'
import { type DotRow, drawDots, type Sign } from './dot-plot.ts'
import type { Figure } from './figure.ts'
import type { EvaluatedRun } from './margin-figures.ts'
import { percent, percentInterval } from './number-format.ts'

/** Something that ranks pairs at no cost, and how it is drawn beside a model. */
interface Rival {
  readonly sign: Sign
  readonly text: string
  readonly accuracy: (summary: { readonly longer_wins: Interval }) => number | undefined
}

const rivals: readonly Rival[] = [
  { sign: 'diamond', text: 'longer wins', accuracy: ({ longer_wins }) => longer_wins.value },
]

/** Shares on an axis, without decimals that say nothing. */
const shareTick = (share: number): string => percent(share).replace('.0', '')

/** Accuracy of each run with its interval, against what costs nothing, chance and the best achievable accuracy. */
export function accuracyFigure(runs: readonly EvaluatedRun[]): Figure {
  const best = runs.map(({ run }) => run.truth?.bestAchievableAccuracy).find((share) => share !== undefined)
  const rows = runs.map(({ index, name, evaluation: { summary } }) => accuracyRow(name, index, summary))
  const spoken = runs.map(({ name, evaluation }) => `${name}: ${percentInterval(evaluation.summary.accuracy)}`)
  const plot = {
    label: `Accuracy with 95 % intervals. ${spoken.join('; ')}.`,
    groups: [{ heading: null, rows }],
    references: [
      { value: 0.5, text: 'chance' },
      ...(best === undefined ? [] : [{ value: best, text: 'best achievable' }]),
    ],
    key: keyOf(rows),
    format: shareTick,
    bounds: [0, 1],
  } as const
  const caption = [
    'Filled points are accuracies on held-out pairs, bars their 95 % intervals; hollow signs need no model.',
    runs.length > 1 ? 'These pairs cannot distinguish runs whose bars overlap widely.' : '',
    best === undefined
      ? ''
      : `No ranking can be expected to pass the best achievable accuracy of ${percent(best)}, because labels are noisy.`,
  ]
  return {
    name: 'accuracy',
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
      const summary = run.evaluation.summary.subsets[subset]
      return summary ? [accuracyRow(label(run), run.index, summary)] : []
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
    format: shareTick,
    bounds: [0, 1],
  } as const
  const left = names.length - shown.length
  return {
    name: 'subsets',
    title: 'Accuracy of subsets',
    caption: `Subsets with few pairs have wide bars: look for bars that lie apart.${left > 0 ? ` The first ${shown.length} of ${names.length} subsets are drawn.` : ''}`,
    pictures: [drawDots(plot, 560), drawDots(plot, 330)],
  }
}

function accuracyRow(
  label: string,
  place: number,
  summary: { readonly accuracy: Interval; readonly longer_wins: Interval },
): DotRow {
  const others = rivals.flatMap(({ sign, accuracy }) => {
    const value = accuracy(summary)
    return value === undefined ? [] : [{ sign, value }]
  })
  return { label, colour: runColour(place), interval: summary.accuracy, text: percent(summary.accuracy.value), others }
}

/** The signs that occur. */
function keyOf(rows: readonly DotRow[]) {
  const signs = new Set(rows.flatMap(({ others }) => others.map(({ sign }) => sign)))
  return [{ sign: 'circle' as const, text: 'model' }, ...rivals.filter(({ sign }) => signs.has(sign))]
}
