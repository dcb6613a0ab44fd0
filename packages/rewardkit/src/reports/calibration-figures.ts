import * as Plot from '@observablehq/plot'

import type { CalibrationScores } from '../analysis/calibration.ts'
import { draw, ink, runColour } from './draw.ts'
import type { Figure } from './figure.ts'
import type { EvaluatedRun } from './margin-figures.ts'
import { number } from './number-format.ts'

interface Bin {
  readonly confidence: number
  readonly accuracy: number
  readonly low: number
  readonly high: number
}

interface Series {
  readonly colour: string
  readonly bins: readonly Bin[]
}

/** How often a model is right when it is sure, before and after temperature; nothing where no run has this. */
export function reliabilityFigures(runs: readonly EvaluatedRun[]): Figure[] {
  const scored = runs.flatMap(({ index, evaluation: { summary } }) => {
    const { calibration } = summary
    return calibration ? [{ colour: runColour(index), calibration }] : []
  })
  const before = scored.map(({ colour, calibration }) => ({ colour, bins: binsOf(calibration) }))
  const after = scored.map(({ colour, calibration }) => ({ colour, bins: binsOf(calibration.after_temperature) }))
  const sources = new Set(scored.map(({ calibration }) => calibration.after_temperature.words))
  const lowest = Math.min(0.45, ...[...before, ...after].flatMap(({ bins }) => bins.map(({ low }) => low)))
  return [
    {
      name: 'reliability',
      title: 'Reliability',
      caption:
        'Points are bins of equally many pairs, bars their 95 % intervals. On the dotted diagonal the rewards are calibrated. Points under it are overconfident, which a larger reward scale alone can cause.',
      series: before,
    },
    {
      name: 'reliability-after-temperature',
      title: 'Reliability after temperature',
      caption: `The same with margins divided by a temperature that was not fitted on them, ${[...sources].join(', or ')}.`,
      series: after,
    },
  ].flatMap(({ series, ...figure }) => {
    if (series.every(({ bins }) => bins.length === 0)) return []
    const label = `${figure.title}: accuracy against confidence, with the diagonal of perfect calibration.`
    const picture = (width: number, height: number) => drawReliability(series, lowest, label, { width, height })
    return [{ ...figure, pictures: [picture(560, 330), picture(330, 250)] as const }]
  })
}

function binsOf({ reliability }: CalibrationScores): Bin[] {
  return reliability.flatMap(({ confidence, accuracy: { value, low, high } }) =>
    value === null ? [] : [{ confidence, accuracy: value, low: low ?? value, high: high ?? value }],
  )
}

function drawReliability(
  series: readonly Series[],
  lowest: number,
  label: string,
  size: { readonly width: number; readonly height: number },
): string {
  const percentages = (share: number) => `${number(100 * share, 0)}\u00A0%`
  return draw({
    ...size,
    label,
    x: {
      label: 'confidence, sigmoid(|reward margin|)',
      labelAnchor: 'center',
      domain: [0.49, 1.01],
      tickFormat: percentages,
    },
    y: {
      domain: [lowest - 0.02, 1.02],
      tickFormat: percentages,
      label: 'accuracy',
      labelArrow: 'none',
      labelAnchor: 'top',
    },
    marginLeft: 46,
    marginTop: 26,
    marginBottom: 40,
    marks: [
      Plot.line(
        [
          [0.5, 0.5],
          [1, 1],
        ],
        { stroke: ink.axis, strokeDasharray: '2 3' },
      ),
      ...series.flatMap(({ colour, bins }) => [
        Plot.ruleX(bins, {
          x: 'confidence',
          y1: 'low',
          y2: 'high',
          stroke: colour,
          strokeWidth: 1.5,
          strokeOpacity: 0.7,
        }),
        Plot.line(bins, { x: 'confidence', y: 'accuracy', stroke: colour, strokeWidth: 1.5, strokeOpacity: 0.7 }),
        Plot.dot(bins, { x: 'confidence', y: 'accuracy', r: 4, fill: colour, stroke: ink.surface, strokeWidth: 1.5 }),
      ]),
    ],
  })
}
