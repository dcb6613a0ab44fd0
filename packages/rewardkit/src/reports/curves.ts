import * as Plot from '@observablehq/plot'

import type { EvaluationMetrics, StepMetrics } from '../run-metrics.ts'
import { draw, ink, runColour, runDash } from './draw.ts'
import type { Figure } from './figure.ts'
import { number, tick } from './number-format.ts'
import type { ReportRun } from './report-run.ts'

interface Point {
  readonly step: number
  readonly value: number
}

interface Curve {
  readonly title: string
  readonly caption: string
  readonly step: (line: StepMetrics) => number | null
  readonly evaluation?: (line: EvaluationMetrics) => number
  /** A value worth a line of its own, and what to call it. */
  readonly reference?: { readonly value: number; readonly text: string }
  /** Curves of one axis share their vertical scale. */
  readonly axis?: 'loss'
  /** Exact curves are set, not measured: no running mean. */
  readonly exact?: true
}

const curves: readonly Curve[] = [
  {
    title: 'Objective loss',
    caption:
      'What training minimises. With a batch margin it may rise while the ranking improves: judge by the others.',
    step: (line) => line.objective_loss,
    axis: 'loss',
  },
  {
    title: 'Bradley-Terry loss',
    caption:
      'Mean of −log sigmoid(reward margin), whatever the objective: compare runs here, on the scale of the loss next to it.',
    step: (line) => line.bradley_terry_loss,
    evaluation: (line) => line.bradley_terry_loss,
    reference: { value: Math.LN2, text: 'coin toss' },
    axis: 'loss',
  },
  {
    title: 'Accuracy',
    caption:
      'Share of pairs whose chosen response has the higher reward. Training pairs are seen before the step that learns from them.',
    step: (line) => line.accuracy,
    evaluation: (line) => line.accuracy,
    reference: { value: 0.5, text: 'chance' },
  },
  {
    title: 'Reward margin, mean',
    caption: 'Mean of chosen minus rejected reward. It measures the scale of the rewards as much as the ranking.',
    step: (line) => line.reward_margin_mean,
    evaluation: (line) => line.reward_margin_mean,
    reference: { value: 0, text: '' },
  },
  {
    title: 'Batch margin µ',
    caption: 'The margin the objective asks of a batch (Eq. 5). Below zero it loosens the loss.',
    step: (line) => line.batch_margin,
    reference: { value: 0, text: '' },
  },
  {
    title: 'Share below the threshold',
    caption: 'Pairs whose reward margin is under µ: only they are given the batch margin (Eq. 6).',
    step: (line) => line.share_below_threshold,
  },
  {
    title: 'Gradient norm',
    caption: 'Before clipping. Spikes point at unstable steps.',
    step: (line) => line.gradient_norm,
  },
  {
    title: 'Learning rate',
    caption: 'As scheduled, warm-up included.',
    step: (line) => line.learning_rate,
    exact: true,
  },
]

/** Small pictures of training, one a quantity; quantities that no run has are left out. */
export function curveFigures(runs: readonly ReportRun[]): Figure[] {
  const lossRange = rangeOf(
    curves.filter((curve) => curve.axis === 'loss').flatMap((curve) => drawnValues(curve, runs)),
  )
  return curves
    .filter((curve) => runs.some((run) => stepPoints(curve, run).length > 0))
    .map((curve) => curveFigure(curve, runs, curve.axis === 'loss' ? lossRange : undefined))
}

/** Whether curves of these runs need the sentence about thin lines, bold lines and points. */
export const curveReading =
  'Thin lines are single steps, bold lines their running mean, points with a rim are evaluations on held-out pairs.'

function curveFigure(curve: Curve, runs: readonly ReportRun[], domain: [number, number] | undefined): Figure {
  const marks: Plot.Markish[] = []
  if (curve.reference) marks.push(...referenceMarks(curve.reference))
  const ends: string[] = []
  for (const [index, run] of runs.entries()) {
    const points = stepPoints(curve, run)
    const trend = curve.exact ? points : runningMean(points)
    const stroke = runColour(index)
    if (!curve.exact) marks.push(Plot.line(condensed(points), { ...xy, stroke, strokeWidth: 1, strokeOpacity: 0.35 }))
    marks.push(Plot.line(condensed(trend), { ...xy, stroke, strokeWidth: 2, ...dash(index) }))
    marks.push(
      Plot.dot(evaluationPoints(curve, run), { ...xy, r: 4, fill: stroke, stroke: ink.surface, strokeWidth: 1.5 }),
    )
    const [first, last] = [trend[0], trend.at(-1)]
    if (first && last) ends.push(`${run.name} from ${spoken(first.value)} to ${spoken(last.value)}`)
  }
  const picture = draw({
    width: 300,
    height: 190,
    label: `${curve.title} against training steps: ${ends.join('; ')}.`,
    x: { label: 'step' },
    y: domain ? { domain, nice: true } : { nice: true, zero: curve.exact === true },
    marginLeft: curve.exact ? 48 : 40,
    marks,
  })
  const name = `training-${curve.title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  return { name, title: curve.title, caption: curve.caption, pictures: [picture] }
}

const xy = { x: 'step', y: 'value' } as const

function dash(index: number): { strokeDasharray?: string } {
  const pattern = runDash(index)
  return pattern === undefined ? {} : { strokeDasharray: pattern }
}

function spoken(value: number): string {
  return Math.abs(value) < 1e-3 && value !== 0 ? tick(value) : number(value, 2)
}

function referenceMarks({ value, text }: { value: number; text: string }): Plot.Markish[] {
  const line = Plot.ruleY([value], { stroke: ink.axis, strokeWidth: 1 })
  if (text === '') return [line]
  const words = Plot.text([text], {
    y: value,
    frameAnchor: 'right',
    textAnchor: 'end',
    dy: -6,
    fill: ink.axis,
    ...halo,
  })
  return [line, words]
}

const halo = { stroke: ink.surface, strokeWidth: 3 } as const

function stepPoints(curve: Curve, run: ReportRun): Point[] {
  return run.metrics.flatMap((line) => (line.kind === 'step' ? point(line.step, curve.step(line)) : []))
}

function evaluationPoints(curve: Curve, run: ReportRun): Point[] {
  const { evaluation } = curve
  if (!evaluation) return []
  return run.metrics.flatMap((line) => (line.kind === 'evaluation' ? point(line.step, evaluation(line)) : []))
}

function point(step: number, value: number | null): Point[] {
  return value === null || !Number.isFinite(value) ? [] : [{ step, value }]
}

/** Values that set a curve's range, without the few outliers, which should not flatten the rest. */
function drawnValues(curve: Curve, runs: readonly ReportRun[]): number[] {
  return [
    curve.reference?.value ?? Number.NaN,
    ...runs.flatMap((run) => [...stepPoints(curve, run), ...evaluationPoints(curve, run)].map(({ value }) => value)),
  ]
}

function rangeOf(values: readonly number[]): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** Centred mean over about a tenth of the steps; at both ends over what there is of them. */
export function runningMean(points: readonly Point[]): Point[] {
  const reach = Math.floor(points.length / 20)
  return points.map(({ step }, index) => {
    const window = points.slice(Math.max(0, index - reach), index + reach + 1)
    return { step, value: window.reduce((sum, { value }) => sum + value, 0) / window.length }
  })
}

const mostPoints = 400

/** At most 400 points: long curves keep the lowest and the highest of each stretch, so that no spike is lost. */
function condensed(points: readonly Point[]): readonly Point[] {
  if (points.length <= mostPoints) return points
  const stretch = Math.ceil((2 * points.length) / mostPoints)
  const kept: Point[] = []
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch)
    const byValue = part.toSorted((a, b) => a.value - b.value)
    kept.push(...[byValue[0], byValue.at(-1)].filter((end) => end !== undefined).toSorted((a, b) => a.step - b.step))
  }
  return kept
}
