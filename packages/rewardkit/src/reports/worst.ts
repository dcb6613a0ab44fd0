import type { RewardRow } from '../statistics/types.ts'
import { number, whole } from './number-format.ts'
import { html, type Markup } from './html.ts'
import type { EvaluatedRun } from './margin-figures.ts'
import type { PairTexts } from './report-run.ts'

const mostPairs = 10

/** The pairs with the lowest reward margins of each run, with their texts where the run kept them. */
export function worstPairs(runs: readonly EvaluatedRun[]): Markup {
  return html`${runs.map((run, place) => runSection(run, place === 0))}`
}

function runSection({ name, evaluation }: EvaluatedRun, open: boolean): Markup {
  const worst = worstRows(evaluation.rows)
  const pairs = worst.map((row, place) => pair(row, evaluation.texts?.get(row.id), place + 1))
  return html`<details ${open ? html`open` : null}>
    <summary><bdi>${name}</bdi>: ${worst.length} lowest of ${whole(evaluation.rows.length)} margins</summary>
    <ol class="pairs">
      ${pairs}
    </ol>
  </details>`
}

/** Lowest reward margin first; equal margins in the order of the file. */
export function worstRows(rows: readonly RewardRow[]): RewardRow[] {
  return rows.toSorted((a, b) => a.reward_margin - b.reward_margin).slice(0, mostPairs)
}

function pair(row: RewardRow, texts: PairTexts | undefined, place: number): Markup {
  const annotated = row.annotated_margin === undefined ? '' : `, annotated margin ${number(row.annotated_margin, 2)}`
  const facts = `chosen reward ${number(row.chosen_reward, 2)}, rejected ${number(row.rejected_reward, 2)}${annotated}`
  const label = `pair ${place}`
  return html`<li>
    <h4>
      <span class="margin">${number(row.reward_margin, 2)}</span> <bdi>${row.id}</bdi>
      <small
        >${facts}${row.subset === null ? null : html`, <bdi>${row.subset}</bdi>`}${row.truncated ? ', truncated' : ''}</small
      >
    </h4>
    ${
      texts
        ? html`${text('Prompt', texts.prompt, label)}
            <div class="sides">
              ${text(`Chosen${length(row.chosen_tokens)}`, texts.chosen, label)}
              ${text(`Rejected${length(row.rejected_tokens)}`, texts.rejected, label)}
            </div>`
        : html`<p class="none">The texts of this pair are not in the run folder.</p>`
    }
  </li>`
}

const length = (tokens: number | undefined): string => (tokens === undefined ? '' : `, ${whole(tokens)} tokens`)

function text(name: string, content: string, label: string): Markup {
  return html`<div class="text">
    <h5>${name}</h5>
    <pre class="content" dir="auto" role="region" tabindex="0" aria-label="${name}, ${label}">${content}</pre>
  </div>`
}
