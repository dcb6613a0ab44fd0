import { join } from 'node:path'
import wrapAnsi from 'wrap-ansi'
import { findings } from '../evaluate/findings.ts'
import { formatBaselines, formatMarkdownBaselines } from '../evaluate/baseline-table.ts'
import { formatVerdict, type Verdict } from '../evaluate/gate.ts'
import { groupTables } from '../evaluate/group-tables.ts'
import { formatSubsets, subsetTable } from '../evaluate/subset-table.ts'
import {
  formatColumns,
  formatMarkdownSummary,
  formatMarkdownTable,
  formatSummary,
  lineWidth,
  type Table,
} from '../evaluate/table.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { visible } from '../visible.ts'
import { print } from './command.ts'

/** How an evaluation is shown, and where it was written. */
interface Showing {
  readonly format: 'table' | 'markdown' | 'json'
  readonly out: string | undefined
}

/**
 * Prints evaluations by name, and the verdicts of their gate, if there is one. JSON stays JSON: verdicts then go to
 * standard error. One evaluation is one object, several are an object of them by name.
 */
export function showEvaluations(
  summaries: ReadonlyMap<string, EvaluationSummary>,
  verdicts: ReadonlyMap<string, Verdict> | null,
  { format, out }: Showing,
): void {
  const areSeveral = summaries.size > 1
  const gates = [...(verdicts ?? [])].map(
    ([name, verdict]) => `${areSeveral ? `${name}: ` : ''}${formatVerdict(verdict)}`,
  )
  if (format === 'json') {
    const [only] = summaries.values()
    process.stdout.write(`${JSON.stringify(areSeveral ? Object.fromEntries(summaries) : only, null, 2)}\n`)
    process.stderr.write(gates.map((gate) => `${gate}\n`).join(''))
    return
  }
  const written = out === undefined ? [] : [areSeveral ? out : join(out, 'summary.json')]
  const text =
    format === 'markdown'
      ? joined([...markdownParagraphs(summaries), gates.join('\n')])
      : joined([evaluationText(summaries), [...written, ...gates].join('\n')])
  print(visible(text))
}

const joined = (paragraphs: readonly string[]): string => paragraphs.filter((one) => one !== '').join('\n\n')

type Summaries = ReadonlyMap<string, EvaluationSummary>

/** What evaluations mean, and their tables, for the terminal. */
export function evaluationText(summaries: Summaries): string {
  return joined([
    ...verdictParagraphs(summaries).map((text) => wrapAnsi(text, lineWidth)),
    formatSummary(Object.fromEntries(summaries)),
    ...[...summaries].flatMap(([name, summary]) =>
      under(summaries.size > 1 ? name : undefined, [
        formatBaselines(summary),
        formatSubsets(summary),
        ...groupTables(summary).map(({ header, rows }) => formatColumns(header, rows)),
        findings(summary).map(wrapped).join('\n'),
      ]),
    ),
  ])
}

/** A line of the terminal, and what does not fit below it. */
const wrapped = (line: string): string => wrapAnsi(line, lineWidth - 2).replaceAll('\n', '\n  ')

function markdownParagraphs(summaries: Summaries): string[] {
  const markdown = ({ header, rows }: Table) => formatMarkdownTable(header, rows)
  return [
    ...verdictParagraphs(summaries),
    formatMarkdownSummary(Object.fromEntries(summaries)),
    ...[...summaries].flatMap(([name, summary]) => {
      const subsets = subsetTable(summary)
      const found = findings(summary).map((one) => `- ${one}`)
      return under(summaries.size > 1 ? `**${name}**` : undefined, [
        formatMarkdownBaselines(summary),
        ...(subsets ? [markdown(subsets)] : []),
        ...groupTables(summary).map(markdown),
        found.join('\n'),
      ])
    }),
  ]
}

/** The sentences on each evaluation. */
function verdictParagraphs(summaries: Summaries): string[] {
  return [...summaries].map(([name, { verdict }]) => {
    const sentences = verdict?.sentences.join('\n') ?? ''
    return summaries.size > 1 && sentences !== '' ? `${name}: ${sentences}` : sentences
  })
}

/** Paragraphs under the name that they belong to, where there are several names; nothing where there is nothing to say. */
function under(name: string | undefined, paragraphs: readonly string[]): readonly string[] {
  return name === undefined || paragraphs.every((paragraph) => paragraph === '') ? paragraphs : [name, ...paragraphs]
}
