import { html, type Markup, trusted } from './html.ts'
import { type PageScript, policyWithoutScript } from './pairs/embed.ts'
import { pageStyle } from './style.ts'

export interface Section {
  readonly id: string
  readonly title: string
  readonly content: Markup
}

export interface Page {
  readonly title: string
  /** What comes between the title and the list of sections. */
  readonly introduction: Markup
  readonly sections: readonly Section[]
  readonly footer: Markup
  readonly script?: PageScript
}

/** One self-contained HTML page: nothing is loaded from anywhere, and no script but the given one can run. */
export function renderPage({ title, introduction, sections, footer, script }: Page): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${script?.policy ?? policyWithoutScript}" />
        <title>${title} · RewardKit</title>
        <style>
          ${trusted(pageStyle)}
        </style>
      </head>
      <body>
        <header>
          <h1><bdi>${title}</bdi></h1>
          ${introduction} ${sections.length > 1 ? navigation(sections) : null}
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
        <footer>${footer}</footer>
        ${script?.element ?? null}
      </body>
    </html>`
  return `${page.text}\n`
}

const navigation = (sections: readonly Section[]): Markup =>
  html`<nav aria-label="Sections">
    <ul>
      ${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}
    </ul>
  </nav>`
