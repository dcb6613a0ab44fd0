import { verdictOf } from '../analysis/verdict.ts'
import { html, type Markup } from './html.ts'
import { whole } from './number-format.ts'
import type { ReportRun } from './report-run.ts'
import { runHeads, scrollable } from './table.ts'

/** What the runs mean in words, and then what was evaluated: model, data, date, objective. */
export function introduction(runs: readonly ReportRun[]): Markup {
  return html`${meaning(runs)} ${factsTable(runs)} ${runs.map((run) => noteOf(run, runs.length > 1))}`
}

/** The sentences of each run's verdict. */
function meaning(runs: readonly ReportRun[]): Markup | null {
  const said = runs.flatMap((run) => {
    const sentences = sentencesOf(run)
    if (sentences.length === 0) return []
    return [
      html`<p>
        ${
          runs.length > 1
            ? html`<strong><bdi>${run.name}</bdi></strong
                >: `
            : null
        }${sentences.join(' ')}
      </p>`,
    ]
  })
  if (said.length === 0) return null
  return html`<section class="meaning" aria-labelledby="meaning">
    <h2 id="meaning">What it means</h2>
    ${said}
  </section>`
}

/** What the evaluation said when it was made, or what this version says of an older one. */
function sentencesOf({ evaluation }: ReportRun): readonly string[] {
  if (!evaluation) return []
  return (evaluation.summary.verdict ?? verdictOf(evaluation.summary)).sentences
}

type Fact = readonly [name: string, of: (run: ReportRun) => string | undefined]

const facts: readonly Fact[] = [
  ['Model', ({ config, evaluation }) => named(config['model']) ?? evaluation?.summary.model?.path],
  ['Trained on', ({ config }) => named(config['data'])],
  [
    'Evaluated on',
    ({ evaluation }) =>
      evaluation &&
      `${whole(evaluation.summary.pairs)} pairs of ${whole(evaluation.summary.prompts)} prompts from ${evaluation.summary.data?.path ?? evaluation.summary.rewards?.path ?? 'an unnamed file'}`,
  ],
  ['Date', ({ date }) => date],
  [
    'Objective',
    ({ objective, config }) => (objective === 'unknown' ? undefined : `${objective}${trainedPart(config['train'])}`),
  ],
]

function factsTable(runs: readonly ReportRun[]): Markup {
  const known = facts.filter(([, of]) => runs.some((run) => of(run) !== undefined))
  const body = known.map(
    ([name, of]) =>
      html`<tr>
        <th scope="row">${name}</th>
        ${runs.map((run) => html`<td class="words"><bdi>${of(run) ?? '–'}</bdi></td>`)}
      </tr>`,
  )
  return scrollable(
    'Model and data',
    html`<table class="facts">
      ${runs.length > 1 ? runHeads(runs) : null}
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** A text, or several with commas; undefined for anything else. */
function named(value: unknown): string | undefined {
  const all = Array.isArray(value) ? value : [value]
  const texts = all.filter((each) => typeof each === 'string')
  return texts.length === 0 ? undefined : texts.join(', ')
}

/** What to say where not all of the model was trained. */
function trainedPart(train: unknown): string {
  if (train === 'head') return ', the head alone trained'
  const layers = /^last:(\d+)$/.exec(String(train))?.[1]
  return layers === undefined ? '' : `, the last ${layers === '1' ? 'layer' : `${layers} layers`} trained`
}

function noteOf({ name, note }: ReportRun, isOneOfSeveral: boolean): Markup | null {
  if (note === undefined) return null
  return html`<p class="note">${isOneOfSeveral ? html`<bdi>${name}</bdi>: ` : null}${note}</p>`
}
