import * as Plot from '@observablehq/plot'

import { at } from '../at.ts'
import { quantile } from '../statistics/histogram.ts'
import { draw, ink, runColour } from './draw.ts'
import type { Figure } from './figure.ts'
import { number, whole } from './number-format.ts'
import type { EvaluatedRun } from './margin-figures.ts'

/** A column of pairs, one value a pair; NaN where it is unknown. */
interface Column {
  readonly axis: string
  readonly values: Float64Array
  readonly caption: string
}

/** Reward margins against what is known of the pairs: the true margin, or else the annotated one. A figure a run. */
export function knownMarginFigures(runs: readonly EvaluatedRun[]): Figure[] {
  return runs.flatMap((run) => {
    const truth = run.run.truth
    const { ids, annotatedMargins } = run.evaluation.table
    const rises = 'a steady rise means that clearer pairs get larger margins'
    if (truth) {
      const values = Float64Array.from(ids, (id) => truth.trueMargin.get(id) ?? NaN)
      const correlation =
        truth.rankCorrelation === undefined ? '' : `, rank correlation ${number(truth.rankCorrelation)}`
      return relationFigure(run, { axis: 'true margin', values, caption: `${rises}${correlation}` })
    }
    if (!annotatedMargins) return []
    return relationFigure(run, { axis: 'annotated margin', values: annotatedMargins, caption: rises })
  })
}

/** Reward margins against how much longer the chosen response is. A figure a run. */
export function lengthFigures(runs: readonly EvaluatedRun[]): Figure[] {
  return runs.flatMap((run) => {
    const { chosenTokens, rejectedTokens } = run.evaluation.table
    if (!chosenTokens || !rejectedTokens) return []
    const values = chosenTokens.map((tokens, pair) => tokens - at(rejectedTokens, pair))
    const caption = 'a steady rise means that the model prefers long responses'
    return relationFigure(run, { axis: 'tokens, chosen − rejected', values, caption })
  })
}

const mostDots = 400
/** Values that are grades, each with a group of its own; more are put into this many groups. */
const mostGrades = 10

/** Dots for a sample of the pairs, and the middle of the margins along the column; nothing for fewer than two pairs. */
function relationFigure(run: EvaluatedRun, column: Column): Figure[] {
  const { index, name, evaluation } = run
  const { margins } = evaluation.table
  const order = Int32Array.from(column.values, (_, pair) => pair)
    .filter((pair) => Number.isFinite(column.values[pair]) && Number.isFinite(margins[pair]))
    .sort((a, b) => at(column.values, a) - at(column.values, b) || a - b)
  if (order.length < 2) return []
  const values = Float64Array.from(order, (pair) => at(column.values, pair))
  const rewards = Float64Array.from(order, (pair) => at(margins, pair))
  const grades = distinctUpTo(values, mostGrades)
  const groups = groupsOf(values, rewards, grades)
  const dots = sampled(values, rewards, grades)
  const picture = draw({
    width: 340,
    height: 250,
    label: `Reward margin against ${column.axis} for ${name}, ${whole(order.length)} pairs: ${column.caption}.`,
    x: { label: column.axis, labelAnchor: 'center', nice: true, ...(grades && { ticks: grades }) },
    y: { nice: true, label: 'reward margin', labelArrow: 'none', labelAnchor: 'top' },
    marginTop: 26,
    marginBottom: 40,
    marks: [
      Plot.ruleY([0], { stroke: ink.axis }),
      Plot.ruleX([0], { stroke: ink.axis }),
      Plot.dot(dots, { x: 'value', y: 'reward', r: 2, fill: runColour(index), fillOpacity: 0.32, stroke: null }),
      Plot.ruleX(groups, { x: 'value', y1: 'low', y2: 'high', stroke: ink.strong, strokeWidth: 1.25 }),
      Plot.line(groups, { x: 'value', y: 'middle', stroke: ink.strong, strokeWidth: 1.75 }),
      Plot.dot(groups, { x: 'value', y: 'middle', r: 3.5, fill: ink.strong, stroke: ink.surface, strokeWidth: 1.25 }),
    ],
  })
  const drawn =
    dots.length < order.length ? ` One pair in ${whole(Math.round(order.length / dots.length))} is drawn.` : ''
  const what = column.axis.replace(/,.*/, '')
  return [
    {
      name: `margin-by-${what.replaceAll(' ', '-')}-${name}`,
      namesRuns: true,
      title: `Against the ${what === 'tokens' ? 'difference in length' : what}: ${name}`,
      caption: `Joined points are medians, with the middle half of the pairs: ${column.caption}.${drawn}`,
      pictures: [picture],
    },
  ]
}

/** The distinct values of an ascending column; null where there are more than `most`. */
function distinctUpTo(values: Float64Array, most: number): number[] | null {
  const distinct: number[] = []
  for (const value of values) {
    if (value === distinct.at(-1)) continue
    if (distinct.push(value) > most) return null
  }
  return distinct
}

/**
 * Median and quartiles of the rewards, for each grade, or in up to ten groups of about equal size. Equal values share a
 * group. Values ascend.
 */
export function groupsOf(values: Float64Array, rewards: Float64Array, grades: readonly number[] | null) {
  const count = values.length
  const starts = grades
    ? grades.map((grade) => values.indexOf(grade))
    : Array.from({ length: mostGrades }, (_, group) => at(values, Math.floor((group * count) / mostGrades))).flatMap(
        (value) => {
          const [first, end] = [values.indexOf(value), values.lastIndexOf(value) + 1]
          return end - first > count / mostGrades ? [first, end] : [first]
        },
      )
  const bounds = [...new Set([...starts, count])]
  return bounds.slice(1).map((end, group) => {
    const start = at(bounds, group)
    const sorted = rewards.slice(start, end).sort()
    return {
      value: values.subarray(start, end).reduce((sum, value) => sum + value, 0) / (end - start),
      low: quantile(sorted, 0.25),
      middle: quantile(sorted, 0.5),
      high: quantile(sorted, 0.75),
    }
  })
}

/** Some hundred pairs, evenly along the column. Dots of grades are spread a little, so that they do not hide one another. */
function sampled(values: Float64Array, rewards: Float64Array, grades: readonly number[] | null) {
  const count = Math.min(mostDots, values.length)
  const steps = grades?.slice(1).map((grade, place) => grade - at(grades, place)) ?? []
  const spread = steps.length > 0 ? 0.4 * Math.min(...steps) : 0
  return Array.from({ length: count }, (_, dot) => {
    const place = Math.floor((dot * values.length) / count)
    const shift = spread * (((dot * 0.618) % 1) - 0.5)
    return { value: at(values, place) + shift, reward: at(rewards, place) }
  })
}
