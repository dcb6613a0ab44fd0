import { accuracyFigure, subsetsFigure } from './accuracy-figures.ts'
import { reliabilityFigures } from './calibration-figures.ts'
import { agreementFigures, confoundFigures } from './confound-figures.ts'
import { curveFigures, curveReading } from './curves.ts'
import { cumulativeFigure, normalQuantileFigure } from './distribution-figures.ts'
import type { Comparison } from '../compare/comparison.ts'
import { comparisonMarkup } from './comparison.ts'
import { type Figure, figureMarkup, legendMarkup } from './figure.ts'
import { html, type Markup } from './html.ts'
import { introduction } from './introduction.ts'
import { densityFigure, type EvaluatedRun, evaluatedRuns, histogramFigures } from './margin-figures.ts'
import { renderPage, type Section } from './page.ts'
import { pairsScript } from './pairs/embed.ts'
import { pairsSection } from './pairs/section.ts'
import { knownMarginFigures, lengthFigures } from './relation-figures.ts'
import type { ReportRun } from './report-run.ts'
import { claimsTable, styleTables, subsetsTable } from './evaluation-tables.ts'
import { accuracyRows, calibrationRows, marginRows, numbersTable } from './number-rows.ts'
import { configurationTable, trainingTable } from './training-tables.ts'

/** What a page shows of the runs. */
export interface ReportSettings {
  /** Pairs of each run in the table of the page, those that say most first; 500 by default. */
  readonly pairs?: number | 'all'
  /** What `rewardkit compare` found of runs: a section each. */
  readonly comparisons?: readonly Comparison[]
}

/**
 * One self-contained HTML page about one run or several side by side: nothing is loaded from anywhere, in light and
 * dark, on a phone, on paper and by ear. One script turns the pairs into a table with search, sort and filter, and the
 * page can be read without it. Names, texts and configuration are escaped. What a run lacks is said.
 *
 * @throws {RangeError} where there is neither a run nor a comparison.
 */
export function renderReport(
  runs: readonly ReportRun[],
  { pairs = 500, comparisons = [] }: ReportSettings = {},
): string {
  if (runs.length + comparisons.length === 0) throw new RangeError('a report needs at least one run')
  const evaluated = evaluatedRuns(runs)
  return renderPage({
    title: (runs.length > 0 ? runs : comparisons.flatMap(({ arms }) => arms)).map(({ name }) => name).join(', '),
    introduction: runs.length > 0 ? introduction(runs) : html``,
    sections: [...comparisonSections(comparisons), ...(runs.length > 0 ? reportSections(runs, evaluated, pairs) : [])],
    footer: html`<p>
      ${
        evaluated.length > 0
          ? "Skewness is g1 and kurtosis the excess g2, both of the sample, without bias correction. Densities are Gaussian kernel estimates with Scott's bandwidth."
          : 'Intervals are 95 % and take prompts as what was sampled.'
      }
    </p>`,
    ...(evaluated.length > 0 && { script: pairsScript() }),
  })
}

/** A section for each comparison, which come first: they are what several runs are put side by side for. */
function comparisonSections(comparisons: readonly Comparison[]): Section[] {
  return comparisons.map((comparison, place) => ({
    id: place === 0 ? 'comparison' : `comparison-${place + 1}`,
    title: 'Comparison',
    content: comparisonMarkup(comparison),
  }))
}

/** Every picture of the page, in its order, without those of a kind that the runs lack. */
export function reportFigures(runs: readonly ReportRun[]): Figure[] {
  const evaluated = evaluatedRuns(runs)
  if (evaluated.length === 0) return curveFigures(runs)
  return [
    accuracyFigure(evaluated),
    ...presentFigures([subsetsFigure(evaluated)]),
    ...confoundFigures(evaluated),
    ...lengthFigures(evaluated),
    ...agreementFigures(evaluated),
    ...knownMarginFigures(evaluated),
    ...(hasMargins(evaluated) ? [...reliabilityFigures(evaluated), ...marginFigures(evaluated)] : []),
    ...(hasMargins(evaluated) ? histogramFigures(evaluated) : []),
    ...curveFigures(runs),
  ]
}

/** Figures of margins that have all runs in one. */
function marginFigures(evaluated: readonly EvaluatedRun[]): Figure[] {
  return presentFigures([
    densityFigure(evaluated, 'reward'),
    densityFigure(evaluated, 'scale-free'),
    cumulativeFigure(evaluated),
    normalQuantileFigure(evaluated),
  ])
}

function presentFigures(figures: readonly (Figure | null)[]): Figure[] {
  return figures.filter((figure) => figure !== null)
}

function hasMargins(evaluated: readonly EvaluatedRun[]): boolean {
  return evaluated.some(({ margins }) => margins.length > 0)
}

function reportSections(
  runs: readonly ReportRun[],
  evaluated: readonly EvaluatedRun[],
  pairs: number | 'all',
): Section[] {
  const legend = runs.length > 1 ? legendMarkup(runs.map(({ name }) => name)) : null
  const isMeasured = hasMargins(evaluated)
  // Folders that `evaluate` wrote say nothing of training.
  const isEvaluatedOnly = runs.every(
    ({ evaluation, metrics, config }) => evaluation && metrics.length === 0 && Object.keys(config).length === 0,
  )
  const sections: readonly (Section | null)[] = [
    { id: 'results', title: 'Accuracy', content: accuracyContent(runs, evaluated) },
    section('subsets', 'Subsets', subsetsContent(runs, evaluated)),
    section('confounds', 'Confounds', confoundsContent(evaluated)),
    section('agreement', 'Agreement with known margins', agreementContent(evaluated)),
    section('pairs', 'Pairs', evaluated.length > 0 ? pairsSection(evaluated, pairs) : null),
    section('calibration', 'Calibration', isMeasured ? calibrationContent(runs, evaluated, legend) : null),
    section('margins', 'Reward margins', isMeasured ? marginsContent(runs, evaluated, legend) : null),
    section('training', 'Training', isEvaluatedOnly ? null : trainingContent(runs, legend)),
    section('configuration', 'Configuration', isEvaluatedOnly ? null : configurationTable(runs)),
  ]
  return sections.filter((each) => each !== null)
}

function accuracyContent(runs: readonly ReportRun[], evaluated: readonly EvaluatedRun[]): Markup {
  if (evaluated.length === 0) return html`${missingEvaluations(runs)}`
  // The columns of more than two runs need the whole width.
  return html`${missingEvaluations(runs)}
    <div class="${runs.length > 2 ? '' : 'beside'}">
      ${numbersTable('Accuracy', accuracyRows, runs)} ${grid('single', [accuracyFigure(evaluated)])}
    </div>
    ${styleTables(runs)}`
}

function subsetsContent(runs: readonly ReportRun[], evaluated: readonly EvaluatedRun[]): Markup | null {
  const figure = subsetsFigure(evaluated)
  return figure && html`<div class="beside">${subsetsTable(runs)} ${grid('single', [figure])}</div>`
}

function confoundsContent(evaluated: readonly EvaluatedRun[]): Markup | null {
  const [parts, dots] = [confoundFigures(evaluated), lengthFigures(evaluated)]
  if (parts.length + dots.length === 0) return null
  return html`${optionalGrid('pair', parts)} ${optionalGrid('medium', dots)}`
}

function agreementContent(evaluated: readonly EvaluatedRun[]): Markup | null {
  const [grades, dots] = [agreementFigures(evaluated), knownMarginFigures(evaluated)]
  if (grades.length + dots.length === 0) return null
  return html`${optionalGrid('single', grades)} ${optionalGrid('medium', dots)}`
}

function calibrationContent(
  runs: readonly ReportRun[],
  evaluated: readonly EvaluatedRun[],
  legend: Markup | null,
): Markup {
  return html`${legend} ${optionalGrid('pair', reliabilityFigures(evaluated))}
  ${numbersTable('Calibration', calibrationRows, runs)}`
}

function marginsContent(runs: readonly ReportRun[], evaluated: readonly EvaluatedRun[], legend: Markup | null): Markup {
  return html`${legend} ${grid('pair', marginFigures(evaluated))} ${numbersTable('Reward margins', marginRows, runs)}
  ${claimsTable(runs)} ${grid('medium', histogramFigures(evaluated))}`
}

function missingEvaluations(runs: readonly ReportRun[]): Markup | null {
  const without = runs.filter(({ evaluation }) => !evaluation).map(({ name }) => name)
  if (without.length === 0) return null
  return html`<p class="none">
    <bdi>${without.join(', ')}</bdi>: no evaluation on held-out pairs yet. Make one with
    <code>rewardkit evaluate</code> and draw this page again with <code>rewardkit report</code>, or train with
    <code>--eval-data</code> or <code>--eval-fraction</code>.
  </p>`
}

function trainingContent(runs: readonly ReportRun[], legend: Markup | null): Markup {
  const figures = curveFigures(runs)
  if (figures.length === 0) return html`<p class="none">No training steps are recorded here.</p>`
  return html`<p class="lead">${curveReading}</p>
    ${legend} ${grid('small', figures)} ${trainingTable(runs)}`
}

function section(id: string, title: string, content: Markup | null): Section | null {
  return content === null ? null : { id, title, content }
}

function optionalGrid(kind: GridKind, figures: readonly Figure[]): Markup | null {
  return figures.length === 0 ? null : grid(kind, figures)
}

type GridKind = 'small' | 'medium' | 'pair' | 'single'

function grid(kind: GridKind, figures: readonly Figure[]): Markup {
  return html`<div class="grid ${kind}">${figures.map(figureMarkup)}</div>`
}
