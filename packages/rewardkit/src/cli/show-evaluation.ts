import { join } from 'node:path'
import { formatVerdict, type Verdict } from '../evaluate/gate.ts'
import { formatMarkdownSummary, formatSummary } from '../evaluate/table.ts'
import type { EvaluationSummary } from '../evaluate/types.ts'

/**
 * Prints an evaluation and the verdict of its gate, if it has one. JSON stays JSON: the verdict then goes to standard
 * error.
 */
export function showEvaluation(
  summary: EvaluationSummary,
  verdict: Verdict | null,
  { format, out }: { readonly format: 'table' | 'markdown' | 'json'; readonly out: string },
): void {
  const columns = { all: summary, ...summary.subsets }
  const line = verdict && formatVerdict(verdict)
  if (format === 'json') {
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`)
    if (line !== null) process.stderr.write(`${line}\n`)
  } else if (format === 'markdown') {
    process.stdout.write(`${formatMarkdownSummary(columns)}\n${line === null ? '' : `\n${line}\n`}`)
  } else {
    process.stdout.write(`${formatSummary(columns)}\n${join(out, 'summary.json')}\n${line === null ? '' : `${line}\n`}`)
  }
}
