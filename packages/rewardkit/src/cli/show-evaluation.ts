import { join } from 'node:path'
import { findings } from '../evaluate/findings.ts'
import { formatBaselines, formatMarkdownBaselines } from '../evaluate/baseline-table.ts'
import { formatVerdict, type Verdict } from '../evaluate/gate.ts'
import { formatMarkdownSubsets, formatMarkdownSummary, formatSubsets, formatSummary } from '../evaluate/table.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'

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
  process.stdout.write(`${text}\n`)
}

const joined = (paragraphs: readonly string[]): string => paragraphs.filter((one) => one !== '').join('\n\n')

type Summaries = ReadonlyMap<string, EvaluationSummary>

/** What evaluations mean, and their tables, for the terminal. */
export function evaluationText(summaries: Summaries): string {
  return joined([
    ...verdictParagraphs(summaries),
    formatSummary(Object.fromEntries(summaries)),
    ...[...summaries].flatMap(([name, summary]) => {
      const subsets = Object.keys(summary.subsets).length > 0 ? formatSubsets(summary.subsets) : ''
      return under(summaries.size > 1 ? name : undefined, [
        formatBaselines(summary),
        subsets,
        findings(summary).join('\n'),
      ])
    }),
  ])
}

function markdownParagraphs(summaries: Summaries): string[] {
  return [
    ...verdictParagraphs(summaries),
    formatMarkdownSummary(Object.fromEntries(summaries)),
    ...[...summaries].flatMap(([name, summary]) => {
      const subsets = Object.keys(summary.subsets).length > 0 ? formatMarkdownSubsets(summary.subsets) : ''
      const found = findings(summary).map((one) => `- ${one}`)
      return under(summaries.size > 1 ? `**${name}**` : undefined, [
        formatMarkdownBaselines(summary),
        subsets,
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
