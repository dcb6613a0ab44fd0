import * as Plot from '@observablehq/plot'

import { sigmoid } from '../logistic.ts'
import type { RewardRow } from '../statistics/types.ts'
import { quantile } from '../statistics/histogram.ts'
import { draw, ink, runColour } from './draw.ts'
import type { Figure } from './figure.ts'
import { number, percent, percentInterval, shortened } from './number-format.ts'
import type { EvaluatedRun } from './margin-figures.ts'

/** Accuracy of each run with its interval, against "longer wins", chance and the best achievable accuracy. */
export function accuracyFigure(runs: readonly EvaluatedRun[]): Figure {
  const best = runs.find(({ run }) => run.truth?.bestAchievableAccuracy !== undefined)?.run.truth
    ?.bestAchievableAccuracy
  const caption = [
    'Points are accuracies on held-out pairs, bars their 95 % intervals; the hollow diamond is the accuracy of "the longer response wins".',
    'These pairs cannot distinguish runs whose bars overlap widely.',
    best === undefined
      ? ''
      : 'No ranking can be expected to pass the best achievable accuracy, because labels are noisy.',
  ]
  const spoken = runs.map(({ name, evaluation }) => `${name}: ${percentInterval(evaluation.summary.accuracy)}`)
  const label = `Accuracy with 95 % intervals. ${spoken.join('; ')}.`
  const picture = (width: number) => drawAccuracy(runs, best, label, width)
  return { title: 'Accuracy', caption: caption.join(' ').trim(), pictures: [picture(560), picture(330)] }
}

function drawAccuracy(runs: readonly EvaluatedRun[], best: number | undefined, label: string, width: number): string {
  const rows = runs.map(({ index, name, evaluation: { summary } }, row) => ({
    row,
    name: `${shortened(name, 34)}  ${percent(summary.accuracy.value)}`,
    colour: runColour(index),
    ...summary.accuracy,
    longer: summary.longer_wins.value,
  }))
  const references = [
    { value: 0.5, text: 'chance', anchor: 'start', rise: -14 },
    ...(best === undefined
      ? []
      : [{ value: best, text: `best achievable ${percent(best)}`, anchor: 'end', rise: -28 }]),
  ]
  const values = [0.5, best ?? 0.5, ...rows.flatMap(({ low, high, longer }) => [low, high, longer])].filter(
    Number.isFinite,
  )
  const domain = [Math.min(...values) - 0.02, Math.min(1.01, Math.max(...values) + 0.02)]
  return draw({
    width,
    height: (best === undefined ? 64 : 78) + 46 * rows.length,
    label,
    x: { domain, tickFormat: (share: number) => percent(share).replace('.0', ''), grid: true },
    y: { domain: [-0.75, rows.length - 0.35], reverse: true, axis: null, ticks: 0 },
    marginLeft: 14,
    marginRight: 14,
    marginTop: best === undefined ? 24 : 38,
    marginBottom: 26,
    marks: [
      Plot.ruleX(references, { x: 'value', stroke: ink.axis, strokeDasharray: '2 3' }),
      ...references.map(({ value, text, anchor, rise }) =>
        Plot.text([text], {
          x: value,
          frameAnchor: 'top',
          dy: rise,
          dx: anchor === 'start' ? -3 : 3,
          textAnchor: anchor === 'start' ? 'start' : 'end',
          fill: ink.axis,
        }),
      ),
      Plot.ruleY(rows, { y: 'row', x1: 'low', x2: 'high', stroke: 'colour', strokeWidth: 4, strokeLinecap: 'round' }),
      Plot.dot(rows, { x: 'value', y: 'row', r: 6, fill: 'colour', stroke: ink.surface, strokeWidth: 2 }),
      Plot.dot(rows, {
        x: 'longer',
        y: 'row',
        r: 5,
        symbol: 'diamond',
        stroke: 'colour',
        strokeWidth: 2,
        fill: ink.surface,
      }),
      Plot.text(rows, {
        y: 'row',
        text: 'name',
        frameAnchor: 'left',
        dy: -15,
        textAnchor: 'start',
        fill: ink.strong,
        fontSize: 12,
        ...halo,
      }),
    ],
  })
}

const halo = { stroke: ink.surface, strokeWidth: 4 } as const

/** How often the model is right when it is sure: sigmoid(|reward margin|) against accuracy, in ten equal groups. */
export function confidenceFigure(runs: readonly EvaluatedRun[]): Figure {
  const series = runs.map(({ index, margins }) => ({ colour: runColour(index), groups: confidenceGroups(margins) }))
  const everything = series.flatMap(({ groups }) => groups.map(({ accuracy }) => accuracy))
  const low = Math.min(0.45, ...everything.map((accuracy) => accuracy - 0.03))
  const percentages = (share: number) => `${number(100 * share, 0)}\u00A0%`
  const drawing = (width: number, height: number) =>
    draw({
      width,
      height,
      label: 'Accuracy against confidence, ten groups of pairs per run, with the diagonal of perfect calibration.',
      x: {
        label: 'confidence, sigmoid(|reward margin|)',
        labelAnchor: 'center',
        domain: [0.49, 1.01],
        tickFormat: percentages,
      },
      y: { domain: [low, 1.02], tickFormat: percentages },
      marginLeft: 46,
      marginBottom: 40,
      marks: [
        Plot.line(
          [
            [0.5, 0.5],
            [1, 1],
          ],
          { stroke: ink.axis, strokeDasharray: '2 3' },
        ),
        ...series.flatMap(({ colour, groups }) => [
          Plot.line(groups, { x: 'confidence', y: 'accuracy', stroke: colour, strokeWidth: 1.5, strokeOpacity: 0.7 }),
          Plot.dot(groups, {
            x: 'confidence',
            y: 'accuracy',
            r: 4,
            fill: colour,
            stroke: ink.surface,
            strokeWidth: 1.5,
          }),
        ]),
      ],
    })
  return {
    title: 'Confidence and accuracy',
    caption:
      'Each point is a tenth of the pairs. On the dotted diagonal the rewards are calibrated; points under it are overconfident, which a larger reward scale alone can cause.',
    pictures: [drawing(560, 330), drawing(330, 240)],
  }
}

interface ConfidenceGroup {
  readonly confidence: number
  readonly accuracy: number
}

/** Ten groups of equal size by |margin|: mean of sigmoid(|margin|) and share of positive margins (ties are wrong). */
export function confidenceGroups(margins: readonly number[]): ConfidenceGroup[] {
  const sorted = margins.toSorted((a, b) => Math.abs(a) - Math.abs(b))
  const groups = Math.min(10, sorted.length)
  return Array.from({ length: groups }, (_, group) => {
    const part = sorted.slice(
      Math.round((group * sorted.length) / groups),
      Math.round(((group + 1) * sorted.length) / groups),
    )
    return {
      confidence: part.reduce((sum, margin) => sum + sigmoid(Math.abs(margin)), 0) / part.length,
      accuracy: part.filter((margin) => margin > 0).length / part.length,
    }
  })
}

/** Reward margins against what is known of the pairs: the true margin, or else the annotated one. A figure a run. */
export function relationFigures(runs: readonly EvaluatedRun[]): Figure[] {
  return runs.flatMap((run) => {
    const truth = run.run.truth?.trueMargin
    const byTruth = related(run, (row) => truth?.get(row.id))
    if (byTruth.length > 1) return [relationFigure(run, 'true margin', byTruth)]
    const byAnnotation = related(run, (row) => row.annotated_margin)
    return byAnnotation.length > 1 ? [relationFigure(run, 'annotated margin', byAnnotation)] : []
  })
}

interface Related {
  readonly known: number
  readonly reward: number
}

function related(run: EvaluatedRun, known: (row: RewardRow) => number | undefined): Related[] {
  return run.evaluation.rows.flatMap((row) => {
    const value = known(row)
    return value !== undefined && Number.isFinite(value) && Number.isFinite(row.reward_margin)
      ? [{ known: value, reward: row.reward_margin }]
      : []
  })
}

const mostDots = 400

function relationFigure({ index, name, run }: EvaluatedRun, axis: string, pairs: readonly Related[]): Figure {
  const dots = evenly(pairs, mostDots)
  const groups = knownGroups(pairs)
  const colour = runColour(index)
  const correlation = axis === 'true margin' ? run.truth?.rankCorrelation : undefined
  const spoken = correlation === undefined ? '' : `, rank correlation ${number(correlation, 3)}`
  const picture = draw({
    width: 340,
    height: 250,
    label: `Reward margin against ${axis} for ${name}, ${pairs.length} pairs${spoken}.`,
    x: { label: axis, labelAnchor: 'center', nice: true },
    y: { nice: true },
    marginBottom: 40,
    marks: [
      Plot.ruleY([0], { stroke: ink.axis }),
      Plot.ruleX([0], { stroke: ink.axis }),
      Plot.dot(dots, { x: 'known', y: 'reward', r: 2, fill: colour, fillOpacity: 0.32, stroke: null }),
      Plot.ruleX(groups, { x: 'known', y1: 'low', y2: 'high', stroke: ink.strong, strokeWidth: 1.25 }),
      Plot.line(groups, { x: 'known', y: 'middle', stroke: ink.strong, strokeWidth: 1.75 }),
      Plot.dot(groups, { x: 'known', y: 'middle', r: 3.5, fill: ink.strong, stroke: ink.surface, strokeWidth: 1.25 }),
    ],
  })
  const shown = dots.length < pairs.length ? ` One pair in ${Math.ceil(pairs.length / mostDots)} is drawn.` : ''
  return {
    title: `Against the ${axis}: ${name}`,
    caption: `Dark points are medians, with the middle half of the pairs: a steady rise means that clearer pairs get larger margins${spoken}.${shown}`,
    pictures: [picture],
  }
}

/** Median and quartiles of the reward margin, for each value of the known margin, or in ten groups where it has many. */
function knownGroups(pairs: readonly Related[]) {
  const sorted = pairs.toSorted((a, b) => a.known - b.known)
  const distinct = [...new Set(sorted.map(({ known }) => known))]
  const parts =
    distinct.length <= 10
      ? distinct.map((value) => sorted.filter(({ known }) => known === value))
      : Array.from({ length: 10 }, (_, group) =>
          sorted.slice(Math.round((group * sorted.length) / 10), Math.round(((group + 1) * sorted.length) / 10)),
        )
  return parts.map((part) => {
    const rewards = part.map(({ reward }) => reward).toSorted((a, b) => a - b)
    return {
      known: part.reduce((sum, { known }) => sum + known, 0) / part.length,
      low: quantile(rewards, 0.25),
      middle: quantile(rewards, 0.5),
      high: quantile(rewards, 0.75),
    }
  })
}

function evenly<T>(items: readonly T[], most: number): readonly T[] {
  const stride = Math.ceil(items.length / most)
  return items.filter((_, index) => index % stride === 0)
}
