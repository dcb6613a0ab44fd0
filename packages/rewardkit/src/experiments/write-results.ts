import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { formatTable } from '../evaluate/table.ts'
import { writeFileAtomic } from '../files.ts'
import { counted } from '../counted.ts'
import { html, type Markup } from '../reports/html.ts'
import { renderPage } from '../reports/page.ts'
import { version } from '../version.ts'
import type { ExperimentResults } from './results.ts'
import { type ShownTable, shownTables } from './table-text.ts'

/** Writes `results.json`, and its tables as `tables.md`, `tables.csv` and `tables.html`. */
export function writeResults(out: string, results: ExperimentResults): void {
  const tables = shownTables(results)
  const write = (name: string, text: string) => writeFileAtomic(join(out, name), text)
  write('results.json', `${JSON.stringify(results, null, 2)}\n`)
  write('tables.md', markdownText(results, tables))
  write('tables.csv', csvText(results))
  write('tables.html', pageText(results, tables))
}

/** The first table for the terminal, with what to know when reading it. */
export function terminalText(results: ExperimentResults): string {
  return shownTables(results)
    .filter(({ title }) => title.startsWith('Accuracy'))
    .map(({ title, header, rows, notes }) =>
      [
        title,
        formatTable(
          header,
          rows.map(({ label, isArm, cells }) => [isArm ? `  ${label}` : label, ...cells]),
        ),
        ...notes,
      ].join('\n'),
    )
    .join('\n\n')
}

function markdownText({ experiment }: ExperimentResults, tables: readonly ShownTable[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(' | ')} |`
  const parts = tables.map(({ title, header, rows, notes }) =>
    [
      `## ${title}`,
      '',
      line(header),
      `| --- |${' ---: |'.repeat(header.length - 1)}`,
      ...rows.map(({ label, cells }) => line([label, ...cells])),
      '',
      notes.map(markdownCell).join('\n\n'),
    ].join('\n'),
  )
  return `# ${markdownCell(experiment)}\n\n${parts.join('\n\n')}\n`
}

/** Names are the user's: what would end the cell or start markup is escaped. */
const markdownCell = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|`*_<>[\]]/g, String.raw`\$&`)

/** The tables in numbers: a line for each row of a table, a few columns for each of its columns. */
function csvText({ tables }: ExperimentResults): string {
  const lines = tables.flatMap(({ rates, columns, rows }) =>
    rows.map(({ model, arm, cells }) => {
      const values = columns.flatMap(({ name }, index): [string, number | null][] => {
        const cell = cells[index]
        return [
          [`${name} accuracy`, cell?.accuracy.value ?? null],
          [`${name} low`, cell?.accuracy.low ?? null],
          [`${name} high`, cell?.accuracy.high ?? null],
          [`${name} difference`, cell?.difference?.value ?? null],
          [`${name} p after Holm`, cell?.difference?.p_holm ?? null],
          [`${name} learning rate`, cell?.learning_rate ?? null],
          [`${name} seeds`, cell?.seeds ?? null],
          [`${name} pairs`, cell?.pairs ?? null],
          [`${name} prompts`, cell?.prompts ?? null],
        ]
      })
      return {
        rates,
        model,
        arm,
        ...Object.fromEntries(values.map(([name, value]) => [name, Number.isNaN(value) ? null : value])),
      }
    }),
  )
  return stringify(lines, { header: true })
}

/** The tables as one page that needs nothing else. */
function pageText({ experiment, cells }: ExperimentResults, tables: readonly ShownTable[]): string {
  const finished = cells.filter(({ state }) => state === 'finished').length
  return renderPage({
    title: experiment,
    introduction: html`<p class="lead">${finished} of ${counted(cells.length, 'cell')} finished.</p>`,
    sections: tables.map((table, index) => ({
      id: `table-${index + 1}`,
      title: table.title,
      content: tableMarkup(table),
    })),
    footer: html`<p>RewardKit ${version}</p>`,
  })
}

const tableMarkup = ({ title, header, rows, notes }: ShownTable): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${title}">
      <table>
        <thead>
          <tr>
            ${header.map((cell) => html`<th scope="col">${cell}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ label, isArm, cells }) =>
              html`<tr>
                <th scope="row">${isArm ? '\u2003' : ''}${label}</th>
                ${cells.map((cell) => html`<td>${cell}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${notes.map((note) => html`<p>${note}</p>`)}`
