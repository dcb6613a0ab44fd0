import { number, whole } from '../number-format.ts'
import { html, type Markup } from '../html.ts'
import type { EvaluatedRun } from '../margin-figures.ts'
import { embedded } from './embed.ts'
import type { PagePairs, Pieces, RunPairs } from '../page-script/payload.ts'
import { runPairs } from './select.ts'

/** Pairs of each run that a page shows where its script does not run. */
const mostWithoutScript = 10

/** The pairs of each run, as data for the page's script, and a few of them for readers without it. */
export function pairsSection(runs: readonly EvaluatedRun[], most: number | 'all'): Markup {
  const pairs: PagePairs = runs.map(({ name, evaluation }) => runPairs(name, evaluation, most))
  return html`<p class="lead">
      The pairs that say most: where the model most prefers the rejected response, near ties, the highest margins, and
      some that are ranked well. Read some of the wrong ones: they are often mislabelled, or show what the model has
      missed. Marked words are only in one of the two responses.
    </p>
    <div id="pair-table">${pairs.map((run, place) => staticPairs(run, place === 0))}</div>
    ${embedded(pairs)}`
}

function staticPairs(run: RunPairs, open: boolean): Markup {
  const shown = run.columns.id.slice(0, mostWithoutScript)
  return html`<details ${open ? html`open` : null}>
    <summary><bdi>${run.name}</bdi>: ${shown.length} of ${whole(run.of)} pairs</summary>
    <ol class="pairs">
      ${shown.map((id, pair) => staticPair(run, id, pair))}
    </ol>
  </details>`
}

function staticPair({ columns, reasons, subsets, texts }: RunPairs, id: string, pair: number): Markup {
  const subset = subsets[columns.subset[pair] ?? -1]
  const annotated = columns.annotated?.[pair]
  const facts = [
    reasons[columns.reason[pair] ?? -1] ?? '',
    `chosen reward ${number(columns.chosen[pair], 2)}, rejected ${number(columns.rejected[pair], 2)}`,
    ...(typeof annotated === 'number' ? [`annotated margin ${number(annotated, 2)}`] : []),
  ]
  const found = texts[pair]
  const label = `pair ${pair + 1}`
  return html`<li>
    <h3>
      <span class="margin">${number(columns.margin[pair], 2)}</span> <bdi>${id}</bdi>
      <small>${facts.join(', ')}${subset === undefined ? null : html`, <bdi>${subset}</bdi>`}</small>
    </h3>
    ${
      found
        ? html`${text('Prompt', [found[0]], label)}
            <div class="sides">${text('Chosen', found[1], label)} ${text('Rejected', found[2], label)}</div>`
        : html`<p class="none">The texts of this pair are not in the evaluation folder.</p>`
    }
  </li>`
}

/** A text; what the other response lacks is marked, unless nothing is shared. */
function text(name: string, pieces: Pieces, label: string): Markup {
  const content = pieces.map((piece, place) =>
    piece === '' || pieces.length < 2 || place % 2 === 1 ? piece : html`<mark>${piece}</mark>`,
  )
  return html`<div class="text">
    <p class="side">${name}</p>
    <pre class="content" dir="auto" role="region" tabindex="0" aria-label="${name}, ${label}">${content}</pre>
  </div>`
}
