import type { Statistic } from '../analysis/statistic.ts'
import type { Interval } from '../statistics/types.ts'
import { html, type Markup } from './html.ts'
import { number, percent } from './number-format.ts'
import type { ReportRun } from './report-run.ts'

// What tables are made of.

/** A table that scrolls on its own on narrow pages, by keyboard too. */
export function scrollable(name: string, table: Markup): Markup {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Numbers: ${name}">${table}</div>`
}

/** The names of the runs over their columns. */
export function runHeads(runs: readonly ReportRun[]): Markup {
  return html`<thead>
    <tr>
      <td></td>
      ${runs.map(({ name }) => html`<th scope="col"><bdi>${name}</bdi></th>`)}
    </tr>
  </thead>`
}

/** A share with its interval beneath. */
export function interval({ value, low, high }: Interval): Markup {
  return html`${percent(value)}<small>${number(100 * low, 1)} to ${number(100 * high, 1)}</small>`
}

/** A statistic with its interval beneath, or why it has none. */
export function estimated(estimate: Statistic | undefined, decimals = 3): Markup {
  return estimateMarkup(estimate, (value) => number(value, decimals))
}

/** The same for a share. */
export function estimatedShare(estimate: Statistic | undefined): Markup {
  return estimateMarkup(estimate, percent)
}

function estimateMarkup(estimate: Statistic | undefined, text: (value: number | null) => string): Markup {
  if (!estimate) return html`${number(null)}`
  const { value, low, high, reason } = estimate
  const beneath = low !== null && high !== null ? `${text(low)} to ${text(high)}` : (reason ?? '')
  return html`${text(value)}<small>${beneath}</small>`
}
