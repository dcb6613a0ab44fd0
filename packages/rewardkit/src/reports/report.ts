import { curveFigures, curveReading } from './curves.ts'
import { type Figure, figureMarkup, legendMarkup } from './figure.ts'
import { html, type Markup, trusted } from './html.ts'
import { densityFigure, evaluatedRuns, histogramFigures } from './margin-figures.ts'
import { accuracyFigure, confidenceFigure, relationFigures } from './ranking-figures.ts'
import type { ReportRun } from './report-run.ts'
import { pageStyle } from './style.ts'
import { configurationTable, headlineTable, subsetsTable, trainingTable } from './tables.ts'
import { worstPairs } from './worst.ts'

/**
 * One self-contained HTML page about one run or several side by side: no script, nothing loaded from anywhere, in light
 * and dark, on a phone, on paper and by ear. Names, texts and configuration are escaped. What a run lacks is said.
 *
 * @throws {RangeError} where there is no run.
 */
export function renderReport(runs: readonly ReportRun[]): string {
  if (runs.length === 0) throw new RangeError('a report needs at least one run')
  const sections = reportSections(runs)
  const title = runs.map(({ name }) => name).join(', ')
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${title} · RewardKit</title>
        <style>
          ${trusted(pageStyle)}
        </style>
      </head>
      <body>
        <header>
          <h1><bdi>${title}</bdi></h1>
          ${introduction(runs)}
          <nav aria-label="Sections">
            <ul>
              ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${sections.map(
            ({ id, title: name, content }) =>
              html`<section aria-labelledby="${id}">
                <h2 id="${id}">${name}</h2>
                ${content}
              </section>`,
          )}
        </main>
        <footer>
          <p>
            Skewness is g1 and kurtosis the excess g2, both of the sample, without bias correction. Densities are
            Gaussian kernel estimates with Scott's bandwidth.
          </p>
        </footer>
      </body>
    </html>`
  return `${page.text}\n`
}

interface Section {
  readonly id: string
  readonly title: string
  readonly content: Markup
}

function reportSections(runs: readonly ReportRun[]): Section[] {
  const evaluated = evaluatedRuns(runs)
  const legend = runs.length > 1 ? legendMarkup(runs.map(({ name }) => name)) : null
  const sections: (Section | null)[] = [
    {
      id: 'results',
      title: 'Held-out pairs',
      content: html`${missingEvaluations(runs)}
      ${
        evaluated.length > 0
          ? html`<div class="headline">
              ${headlineTable(runs)}
              <div class="grid">${[accuracyFigure(evaluated), confidenceFigure(evaluated)].map(figureMarkup)}</div>
            </div>`
          : null
      }`,
    },
    evaluated.some(({ margins }) => margins.length > 0)
      ? {
          id: 'margins',
          title: 'Reward margins',
          content: html`${legend}
          ${grid('pair', [densityFigure(evaluated, 'reward'), densityFigure(evaluated, 'scale-free')])}
          ${grid('medium', [...histogramFigures(evaluated), ...relationFigures(evaluated)])}`,
        }
      : null,
    { id: 'training', title: 'Training', content: trainingContent(runs, legend) },
    evaluated.length > 0
      ? {
          id: 'worst',
          title: 'Worst-ranked pairs',
          content: html`<p class="lead">
              Where the model most prefers the rejected response. Read some: they are often mislabelled, or show what
              the model has missed.
            </p>
            ${worstPairs(evaluated)}`,
        }
      : null,
    optional('subsets', 'Subsets', subsetsTable(runs)),
    { id: 'configuration', title: 'Configuration', content: configurationTable(runs) },
  ]
  return sections.filter((section) => section !== null)
}

function introduction(runs: readonly ReportRun[]): Markup {
  const objectives = runs.map(({ name, objective, config }) => {
    const part = trainedPart(config['train'])
    if (runs.length === 1) return html`<p class="lead">Objective <bdi>${objective}</bdi>${part}.</p>`
    if (name === objective && part === '') return null
    return html`<p class="lead"><bdi>${name}</bdi>: objective <bdi>${objective}</bdi>${part}.</p>`
  })
  const notes = runs.map(({ name, note }) => {
    if (note === undefined) return null
    return html`<p class="note">${runs.length > 1 ? html`<bdi>${name}</bdi>: ` : null}${note}</p>`
  })
  return html`${objectives}${notes}`
}

/** What to say where not all of the model was trained. */
function trainedPart(train: unknown): string {
  if (train === 'head') return ', the head alone trained'
  const layers = /^last:(\d+)$/.exec(String(train))?.[1]
  return layers === undefined ? '' : `, the last ${layers === '1' ? 'layer' : `${layers} layers`} trained`
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

function optional(id: string, title: string, content: Markup | null): Section | null {
  return content === null ? null : { id, title, content }
}

function grid(kind: 'small' | 'medium' | 'pair', figures: readonly Figure[]): Markup {
  return html`<div class="grid ${kind}">${figures.map(figureMarkup)}</div>`
}
