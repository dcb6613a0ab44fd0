import { html, type Markup, trusted } from './html.ts'
import { runColour, runDash } from './draw.ts'

/** A picture of the report with its heading and the sentence that says what to look at. */
export interface Figure {
  /** Tells it apart from other figures of the page: the name of its file. */
  readonly name: string
  readonly title: string
  readonly caption: string
  /** The SVG; with two, the first is for wide pages and the second for narrow ones. */
  /** Whether the picture itself names its runs, so that it needs no key of them. */
  readonly namesRuns?: true
  readonly pictures: readonly [string] | readonly [wide: string, narrow: string]
}

/** The figure as HTML: heading above, picture, sentence beneath. */
export function figureMarkup({ title, caption, pictures: [picture, narrow] }: Figure): Markup {
  const drawing =
    narrow === undefined
      ? trusted(picture)
      : html`<div class="wide">${trusted(picture)}</div>
          <div class="narrow">${trusted(narrow)}</div>`
  return html`<figure>
    <h3>${title}</h3>
    ${drawing}
    <figcaption>${caption}</figcaption>
  </figure>`
}

/** Names beside their colours and dashes, for a section whose figures compare runs. */
export function legendMarkup(names: readonly string[]): Markup {
  const entries = names.map((name, index) => html`<li>${trusted(swatch(index))} <bdi>${name}</bdi></li>`)
  return html`<ul class="legend" aria-label="Runs and their colours">
    ${entries}
  </ul>`
}

function swatch(index: number): string {
  const dash = runDash(index)
  const dashed = dash === undefined ? '' : ` stroke-dasharray="${dash}"`
  return `<svg width="30" height="10" aria-hidden="true"><path d="M1,5H29" stroke="${runColour(index)}" stroke-width="3"${dashed}/></svg>`
}
