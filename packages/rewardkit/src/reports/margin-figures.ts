import * as Plot from '@observablehq/plot'

import { at } from '../at.ts'
import { kernelDensity, scottBandwidth } from '../statistics/density.ts'
import { histogram, quantile, roundEdges } from '../statistics/histogram.ts'
import { draw, ink, runColour, runDash } from './draw.ts'
import type { Figure } from './figure.ts'
import { number, percent } from './number-format.ts'
import type { ReportRun, RunEvaluation } from './report-run.ts'

/** A run with an evaluation, and its place among all runs, which fixes its colour. */
export interface EvaluatedRun {
  readonly index: number
  readonly name: string
  readonly run: ReportRun
  readonly evaluation: RunEvaluation
  /** Finite reward margins, in the order of the pairs. */
  readonly margins: Float64Array
}

/** The runs that have an evaluation. */
export function evaluatedRuns(runs: readonly ReportRun[]): EvaluatedRun[] {
  return runs.flatMap((run, index) => {
    if (!run.evaluation) return []
    const margins = run.evaluation.table.margins.filter(Number.isFinite)
    return [{ index, name: run.name, run, evaluation: run.evaluation, margins }]
  })
}

type Axis = 'reward' | 'scale-free'

const densityText: Readonly<Record<Axis, { title: string; x: string; caption: string }>> = {
  reward: {
    title: 'Reward margins of held-out pairs',
    x: 'chosen reward − rejected reward',
    caption:
      'Left of zero the rejected response has the higher reward. Ticks above the axis mark the means. A wider curve may only be a larger reward scale: see the other figure.',
  },
  'scale-free': {
    title: 'The same, scale-free',
    x: 'reward margin / its standard deviation',
    caption:
      'Margins divided by their standard deviation: runs whose curves agree here differ in the scale of their rewards alone. Further right is better.',
  },
}

/** Kernel densities of the runs' margins drawn over one another, in the manner of the paper's Figure 1. */
export function densityFigure(runs: readonly EvaluatedRun[], axis: Axis): Figure {
  const { title, caption } = densityText[axis]
  const name = axis === 'reward' ? 'margins' : 'margins-scale-free'
  return { name, title, caption, pictures: [drawDensities(runs, axis, 560, 300), drawDensities(runs, axis, 330, 250)] }
}

/** One picture of the runs' densities, `width` by `height` pixels. */
export function drawDensities(runs: readonly EvaluatedRun[], axis: Axis, width: number, height: number): string {
  const series = runs.map((run) => {
    const sample = thinned(run.margins)
    return { ...run, values: axis === 'reward' ? sample : scaleFree(sample) }
  })
  const [low, high] = span(series.map(({ values }) => values))
  const marks: Plot.Markish[] = [Plot.ruleX([0], { stroke: ink.axis }), Plot.ruleY([0], { stroke: ink.axis })]
  for (const { index, values } of series) {
    const estimate = kernelDensity(values, { low, high, points: 241 })
    if (!estimate) continue
    const points = estimate.x.map((x, i) => ({ x, density: at(estimate.density, i) }))
    const dash = runDash(index)
    marks.push(Plot.areaY(points, { x: 'x', y: 'density', fill: runColour(index), fillOpacity: 0.13 }))
    marks.push(
      Plot.line(points, {
        x: 'x',
        y: 'density',
        stroke: runColour(index),
        strokeWidth: 2.25,
        ...(dash === undefined ? {} : { strokeDasharray: dash }),
      }),
    )
    const marker = { stroke: runColour(index), strokeWidth: 2.5, insetTop: height - 26 - 40 - 12 }
    marks.push(Plot.ruleX([mean(values)], marker))
  }
  const spoken = series.map(({ name, values }) => `${name}: mean ${number(mean(values), 2)}`).join('; ')
  return draw({
    width,
    height,
    label: `${densityText[axis].title}, density curves. ${spoken}.`,
    x: { label: densityText[axis].x, labelAnchor: 'center', domain: [low, high] },
    y: { label: 'density', labelArrow: 'none', labelAnchor: 'top', ticks: 4 },
    marginLeft: 36,
    marginTop: 26,
    marginBottom: 40,
    marks,
  })
}

/** A histogram a run, all on the same bars and scales, with its density over it. */
export function histogramFigures(runs: readonly EvaluatedRun[]): Figure[] {
  const drawn = runs.filter(({ margins }) => margins.length > 0)
  const edges = sharedEdges(drawn.map(({ margins }) => margins))
  const counts = drawn.map(({ margins }) => histogram(margins, edges))
  const curves = drawn.map(({ margins }) => expectedCounts(margins, edges))
  const highest = Math.max(...counts.flat().map(({ count }) => count), ...curves.flat().map(({ y }) => y))
  return drawn.map((run, i) => histogramFigure(run, at(counts, i), at(curves, i), edges, highest))
}

const fewestBars = 16
const mostBars = 90

/** Round edges of bars about as wide as Freedman and Diaconis (1981) advise for the run that allows the finest ones. */
function sharedEdges(series: readonly Float64Array[]): number[] {
  const sorted = series.map((margins) => margins.toSorted())
  const widths = sorted.map(
    (margins) => (2 * (quantile(margins, 0.75) - quantile(margins, 0.25))) / Math.cbrt(margins.length),
  )
  const low = Math.min(...sorted.map((margins) => at(margins, 0)))
  const high = Math.max(...sorted.map((margins) => at(margins, margins.length - 1)))
  const finest = Math.min(...widths.filter((width) => width > 0))
  // Steps are rounded up by a factor of 1.6 in the middle.
  const bars = (1.6 * (high - low)) / finest
  return roundEdges(low, high, Math.min(mostBars, Math.max(fewestBars, bars)))
}

/** The kernel density as the count that it expects in a bar. */
function expectedCounts(margins: Float64Array, edges: readonly number[]): { x: number; y: number }[] {
  const [low, high] = [at(edges, 0), at(edges, edges.length - 1)]
  const width = (high - low) / (edges.length - 1)
  const estimate = kernelDensity(thinned(margins), { low, high, points: 161 })
  return estimate?.x.map((x, i) => ({ x, y: at(estimate.density, i) * margins.length * width })) ?? []
}

function histogramFigure(
  { index, name, margins, evaluation }: EvaluatedRun,
  bars: ReturnType<typeof histogram>,
  curve: readonly { x: number; y: number }[],
  edges: readonly number[],
  highest: number,
): Figure {
  const colour = runColour(index)
  const [low, high] = [at(edges, 0), at(edges, edges.length - 1)]
  const below = margins.filter((margin) => margin < 0).length
  const shares = `${percent(below / margins.length)} below zero`
  const draws = (pictureWidth: number, height: number) =>
    draw({
      width: pictureWidth,
      height,
      label: `Histogram of ${margins.length} reward margins of ${name}: ${shares}, mean ${number(mean(margins), 2)}.`,
      x: { label: 'reward margin', labelAnchor: 'center', domain: [low, high] },
      y: { domain: [0, highest * 1.08], ticks: 4 },
      marginLeft: 36,
      marginTop: 22,
      marginBottom: 40,
      marks: [
        Plot.rectY(bars, {
          x1: 'low',
          x2: 'high',
          y: 'count',
          fill: colour,
          fillOpacity: (bar: { high: number }) => (bar.high <= 0 ? 0.85 : 0.38),
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.line(curve, { x: 'x', y: 'y', stroke: ink.strong, strokeWidth: 1.5 }),
        Plot.ruleX([0], { stroke: ink.axis }),
        Plot.ruleY([0], { stroke: ink.axis }),
        Plot.text([`← ${shares}`], {
          x: 0,
          frameAnchor: 'top',
          textAnchor: 'end',
          dx: -6,
          dy: -16,
          fill: ink.strong,
        }),
      ],
    })
  return {
    name: `histogram-${name}`,
    namesRuns: true,
    title: `Margins of ${name}`,
    caption: `${evaluation.summary.pairs} pairs. Strong bars are pairs ranked the wrong way round; the line is the kernel density.`,
    pictures: [draws(340, 230)],
  }
}

/** Values that a density is drawn from: more do not change its picture. */
const mostDrawn = 20_000

/** At most `mostDrawn` of the margins, evenly spaced by rank. */
function thinned(margins: Float64Array): number[] {
  if (margins.length <= mostDrawn) return Array.from(margins)
  const sorted = margins.toSorted()
  return Array.from({ length: mostDrawn }, (_, place) => quantile(sorted, (place + 0.5) / mostDrawn))
}

function scaleFree(values: readonly number[]): number[] {
  const scale = scottBandwidth(values) * values.length ** 0.2
  return scale > 0 ? values.map((value) => value / scale) : []
}

/** Where all densities have come down to nothing, zero included. */
function span(series: readonly (readonly number[])[]): [number, number] {
  const reach = 3 * Math.max(0, ...series.map(scottBandwidth))
  const everything = [0, ...series.flat()]
  const [low, high] = [least(everything) - reach, most(everything) + reach]
  return low < high ? [low, high] : [low - 1, high + 1]
}

function mean(values: readonly number[] | Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Infinity)
}

function most(values: readonly number[]): number {
  return values.reduce((high, value) => Math.max(high, value), -Infinity)
}
