import { join } from 'node:path'
import { formatVerdict, type Verdict } from '../evaluate/gate.ts'
import { findings } from '../evaluate/findings.ts'
import { formatMarkdownSubsets, formatMarkdownSummary, formatSubsets, formatSummary } from '../evaluate/table.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'

/**
 * Prints an evaluation and the verdict of its gate, if it has one. JSON stays JSON: the verdict then goes to standard
 * error.
 */
export function showEvaluation(
  summary: EvaluationSummary,
  verdict: Verdict | null,
  { format, out }: { readonly format: 'table' | 'markdown' | 'json'; readonly out: string },
): void {
  const columns = { all: summary }
  const hasSubsets = Object.keys(summary.subsets).length > 0
  const found = findings(summary)
  const line = verdict && formatVerdict(verdict)
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
    if (line !== null) process.stderr.write(`${line}\n`)
  } else if (format === 'markdown') {
    const subsets = hasSubsets ? `\n${formatMarkdownSubsets(summary.subsets)}\n` : ''
    process.stdout.write(
      `${formatMarkdownSummary(columns)}\n${subsets}\n${found.map((one) => `- ${one}\n`).join('')}${line === null ? '' : `\n${line}\n`}`,
    )
  } else {
    const subsets = hasSubsets ? `\n${formatSubsets(summary.subsets)}\n` : ''
    process.stdout.write(
      `${formatSummary(columns)}\n${subsets}\n${found.map((one) => `${one}\n`).join('')}\n${join(out, 'summary.json')}\n${line === null ? '' : `${line}\n`}`,
    )
  }
}
