import * as Plot from '@observablehq/plot'

import { sigmoid } from '../logistic.ts'
import { draw, ink, runColour } from './draw.ts'
import type { Figure } from './figure.ts'
import { number } from './number-format.ts'
import type { EvaluatedRun } from './margin-figures.ts'

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
    name: 'confidence',
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
export function confidenceGroups(margins: Float64Array): ConfidenceGroup[] {
  const sorted = Array.from(margins).toSorted((a, b) => Math.abs(a) - Math.abs(b))
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
