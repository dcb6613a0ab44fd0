import * as Plot from '@observablehq/plot'

import { at } from '../at.ts'
import { normalQuantile } from '../statistics/distributions.ts'
import { quantile } from '../statistics/histogram.ts'
import { draw, type Drawing, ink, runColour, runDash } from './draw.ts'
import type { Figure } from './figure.ts'
import type { EvaluatedRun } from './margin-figures.ts'
import { percent } from './number-format.ts'

/** Points of a curve: as many as a screen shows apart. */
const mostPoints = 300

interface Curve {
  readonly place: number
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

/** The share of pairs up to each margin, one curve a run. */
export function cumulativeFigure(runs: readonly EvaluatedRun[]): Figure {
  const curves = runs.map(({ index, name, margins }): Curve => {
    const sorted = margins.toSorted()
    const count = Math.min(mostPoints, sorted.length)
    const ranks = Array.from({ length: count }, (_, step) => Math.round(((step + 1) * sorted.length) / count))
    return { place: index, name, points: ranks.map((rank) => ({ x: at(sorted, rank - 1), y: rank / sorted.length })) }
  })
  const picture = (width: number, height: number) =>
    drawCurves(curves, {
      width,
      height,
      label: 'Cumulative distribution of reward margins, one curve a run.',
      x: { label: 'reward margin', labelAnchor: 'center' },
      y: {
        domain: [0, 1],
        label: 'share of pairs',
        labelArrow: 'none',
        labelAnchor: 'top',
        tickFormat: (share: number) => percent(share).replace('.0', ''),
      },
      marginLeft: 46,
      marks: [Plot.ruleX([0], { stroke: ink.axis })],
    })
  return {
    name: 'cumulative',
    title: 'Share of pairs up to a margin',
    caption: 'Where a curve crosses the line at zero is the share of pairs that is ranked wrongly.',
    pictures: [picture(560, 300), picture(330, 250)],
  }
}

/** Margins against what a normal distribution of the same mean and spread would have, one curve a run. */
export function normalQuantileFigure(runs: readonly EvaluatedRun[]): Figure | null {
  const curves = runs.flatMap(({ index, name, margins, evaluation }): Curve[] => {
    const { mean, standard_deviation: deviation } = evaluation.summary.reward_margin
    if (!(deviation > 0) || margins.length < 3) return []
    const sorted = margins.toSorted()
    const count = Math.min(mostPoints, sorted.length)
    const points = Array.from({ length: count }, (_, step) => {
      const share = (step + 0.5) / count
      return { x: normalQuantile(share), y: (quantile(sorted, share) - mean) / deviation }
    })
    return [{ place: index, name, points }]
  })
  if (curves.length === 0) return null
  const reach = 1.05 * Math.max(...curves.flatMap(({ points }) => points.map(({ x }) => Math.abs(x))))
  const picture = (width: number, height: number) =>
    drawCurves(curves, {
      width,
      height,
      label: 'Normal-quantile plot of reward margins, one curve a run, with the diagonal of a normal distribution.',
      x: { label: 'standard normal quantile', labelAnchor: 'center' },
      y: { label: '(margin − mean) / sd', labelArrow: 'none', labelAnchor: 'top', nice: true },
      marks: [
        Plot.line(
          [
            [-reach, -reach],
            [reach, reach],
          ],
          { stroke: ink.axis, strokeDasharray: '2 3' },
        ),
      ],
    })
  return {
    name: 'normal-quantiles',
    title: 'Against a normal distribution',
    caption:
      'On the dotted line margins are normal. A right end above it is a long right tail (positive skewness). Ends that leave it on both sides are heavy tails (positive kurtosis).',
    pictures: [picture(560, 300), picture(330, 250)],
  }
}

function drawCurves(curves: readonly Curve[], drawing: Drawing): string {
  const lines = curves.map(({ place, points }) => {
    const dash = runDash(place)
    return Plot.line(points, {
      x: 'x',
      y: 'y',
      stroke: runColour(place),
      strokeWidth: 2.25,
      ...(dash === undefined ? {} : { strokeDasharray: dash }),
    })
  })
  return draw({ marginTop: 26, marginBottom: 40, ...drawing, marks: [...drawing.marks, ...lines] })
}
