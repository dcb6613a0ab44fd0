import type { EvaluationMetrics, HiddenStateMetrics, MetricsLine, StepMetrics } from '../run-metrics.ts'
import { duration, number, whole } from './number-format.ts'
import { html, type Markup } from './html.ts'
import type { ReportRun } from './report-run.ts'
import { runHeads, scrollable } from './table.ts'

/** What training took: steps, pairs, time, speed and memory. */
export function trainingTable(runs: readonly ReportRun[]): Markup {
  const hasHiddenStates = runs.some(({ metrics }) => metrics.some(({ kind }) => kind === 'hidden_states'))
  const cells: readonly (readonly [string, (lines: TrainingLines) => string])[] = [
    ['Steps', ({ steps }) => whole(steps.length)],
    ['Pairs', ({ steps }) => whole(sum(steps.map(({ pairs }) => pairs)))],
    ...(hasHiddenStates
      ? [
          [
            'Time for hidden states',
            ({ hidden }: TrainingLines) => duration(sum(hidden.map(({ seconds }) => seconds))),
          ] as const,
        ]
      : []),
    ['Time in steps', ({ steps }) => duration(sum(steps.map(({ seconds }) => seconds)))],
    ['Time in evaluations', ({ evaluations }) => duration(sum(evaluations.map(({ seconds }) => seconds)))],
    [
      'Pairs per second of steps',
      ({ steps }) => number(sum(steps.map(({ pairs }) => pairs)) / sum(steps.map(({ seconds }) => seconds)), 2),
    ],
    [
      'Peak memory',
      ({ steps }) => `${number(steps.reduce((most, line) => Math.max(most, line.peak_memory), 0) / 2 ** 30, 2)} GiB`,
    ],
  ]
  const all = runs.map(({ metrics }) => trainingLines(metrics))
  const body = cells.map(
    ([name, cell]) =>
      html`<tr>
        <th scope="row">${name}</th>
        ${all.map((lines) => html`<td>${lines.steps.length > 0 ? cell(lines) : number(null)}</td>`)}
      </tr>`,
  )
  return scrollable(
    'Training in numbers',
    html`<table class="numbers">
      ${runHeads(runs)}
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** The lines of metrics.jsonl by their kind. */
interface TrainingLines {
  readonly steps: readonly StepMetrics[]
  readonly evaluations: readonly EvaluationMetrics[]
  readonly hidden: readonly HiddenStateMetrics[]
}

function trainingLines(metrics: readonly MetricsLine[]): TrainingLines {
  return {
    steps: metrics.filter((line) => line.kind === 'step'),
    evaluations: metrics.filter((line) => line.kind === 'evaluation'),
    hidden: metrics.filter((line) => line.kind === 'hidden_states'),
  }
}

/** The resolved configuration, a column a run; what differs between runs is bold and says so. */
export function configurationTable(runs: readonly ReportRun[]): Markup {
  const flat = runs.map(({ config }) => new Map(flattened(config)))
  const keys = [...new Set(flat.flatMap((entries) => [...entries.keys()]))]
  const body = keys.map((key) => {
    const values = flat.map((entries) => entries.get(key) ?? number(null))
    const differs = new Set(values).size > 1
    return html`<tr ${differs ? html`class="differs"` : null}>
      <th scope="row"><code>${key}</code>${differs ? html` <span class="tag">differs</span>` : null}</th>
      ${values.map((value) => html`<td class="words"><bdi>${value}</bdi></td>`)}
    </tr>`
  })
  return scrollable(
    'Configuration',
    html`<table class="configuration">
      ${runHeads(runs)}
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** `a.b` and its value for every leaf; lists and texts in YAML's short form. */
function flattened(config: Readonly<Record<string, unknown>>, path = ''): [string, string][] {
  return Object.entries(config).flatMap(([key, value]): [string, string][] => {
    if (value === undefined) return []
    if (value === null) return [[`${path}${key}`, 'not set']]
    if (isRecord(value)) return flattened(value, `${path}${key}.`)
    return [[`${path}${key}`, typeof value === 'string' ? value : JSON.stringify(value)]]
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
