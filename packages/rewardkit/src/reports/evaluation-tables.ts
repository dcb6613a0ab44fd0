import type { PairSummary } from '../statistics/types.ts'
import { number, percent, whole } from './number-format.ts'
import { html, type Markup } from './html.ts'
import type { ReportRun } from './report-run.ts'
import { severalClaims } from './several-claims.ts'
import { interval, scrollable } from './table.ts'

/** The paper's claims about the margins of each run, and those that several runs show, one by one. */
export function claimsTable(runs: readonly ReportRun[]): Markup | null {
  const ofEach = runs.flatMap(({ name, evaluation }) =>
    (evaluation?.summary.claims ?? []).map((claim) => ({ run: name, ...claim })),
  )
  const claims = [...ofEach, ...severalClaims(runs)]
  if (claims.length === 0) return null
  const isSeveral = runs.length > 1
  const body = claims.map(
    ({ run, claim, verdict, words }) =>
      html`<tr>
        <th scope="row">${claim.replaceAll('_', ' ')}</th>
        ${isSeveral ? html`<td class="words"><bdi>${run}</bdi></td>` : null}
        <td class="words">${verdict}</td>
        <td class="words">${words}</td>
      </tr>`,
  )
  return scrollable(
    'Claims of the paper',
    html`<table class="configuration">
      <thead>
        <tr>
          <th scope="col">Claim of the paper</th>
          ${isSeveral ? html`<th scope="col">Run</th>` : null}
          <th scope="col">On these pairs</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** RM-Bench's matrix of each run that has one: accuracy by the style of the chosen response and of the rejected one. */
export function styleTables(runs: readonly ReportRun[]): Markup | null {
  const found = runs.flatMap(({ name, evaluation }) => {
    const matrix = evaluation?.summary.groups?.rm_bench
    return matrix ? [{ name, ...matrix }] : []
  })
  if (found.length === 0) return null
  return html`${found.map(({ name, styles, matrix }) =>
    scrollable(
      `RM-Bench, ${name}`,
      html`<table class="numbers">
        <thead>
          <tr>
            <th scope="col">RM-Bench, <bdi>${name}</bdi></th>
            ${styles.map((style) => html`<th scope="col">rejected ${style.replaceAll('_', ' ')}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${styles.map(
            (style, row) =>
              html`<tr>
                <th scope="row">chosen ${style.replaceAll('_', ' ')}</th>
                ${(matrix[row] ?? []).map((share) => html`<td>${percent(share)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>`,
    ),
  )}`
}

/** Accuracy, pairs and margins of each subset, a line each run; null where no run has subsets. */
export function subsetsTable(runs: readonly ReportRun[]): Markup | null {
  const names = [...new Set(runs.flatMap(({ evaluation }) => Object.keys(evaluation?.summary.subsets ?? {})))]
  if (names.length === 0) return null
  const lines = names.flatMap((subset) =>
    runs.flatMap((run) => {
      const summary = run.evaluation?.summary.subsets[subset]
      return summary ? [subsetRow(subset, run.name, summary, runs.length > 1)] : []
    }),
  )
  const head = html`<thead>
    <tr>
      <th scope="col">Subset</th>
      ${runs.length > 1 ? html`<th scope="col" class="words">Run</th>` : null}
      <th scope="col">Pairs</th>
      <th scope="col">Accuracy</th>
      <th scope="col">Longer wins</th>
      <th scope="col">Ties</th>
      <th scope="col">Margin mean</th>
      <th scope="col">Mean / sd</th>
      <th scope="col">Log loss</th>
    </tr>
  </thead>`
  return scrollable(
    'Subsets',
    html`<table class="numbers long">
      ${head}
      <tbody>
        ${lines}
      </tbody>
    </table>`,
  )
}

function subsetRow(subset: string, run: string, summary: PairSummary, several: boolean): Markup {
  const { pairs, accuracy, longer_wins, ties, reward_margin, log_loss } = summary
  return html`<tr>
    <th scope="row"><bdi>${subset}</bdi></th>
    ${several ? html`<td class="words"><bdi>${run}</bdi></td>` : null}
    <td>${whole(pairs)}</td>
    <td>${interval(accuracy)}</td>
    <td>${percent(longer_wins.value)}</td>
    <td>${whole(ties)}</td>
    <td>${number(reward_margin.mean)}</td>
    <td>${number(reward_margin.mean_over_standard_deviation)}</td>
    <td>${number(log_loss)}</td>
  </tr>`
}
