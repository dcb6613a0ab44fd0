import { formatTable } from '../evaluate/table.ts'
import type { ExperimentPlan } from '../experiments/index.ts'
import { formatDuration } from './terminal.ts'

/** The plan of an experiment as tables for the terminal. */
export function formatExperimentPlan({ cells, parts, models, speed, hours, ...plan }: ExperimentPlan): string {
  const known = (value: number | null, text: (value: number) => string) => (value === null ? '?' : text(value))
  const time = (operations: number) => (speed ? formatDuration(operations / speed.operationsPerSecond) : '?')
  const table = formatTable(
    ['model, data', 'cells', 'pairs', 'test', 'steps', 'tokens', 'time', 'memory', 'disk'],
    parts.map((part) => [
      `${part.model}, ${part.data}`,
      String(part.cells),
      known(part.pairs, grouped),
      known(part.testPairs, grouped),
      known(part.steps, grouped),
      known(part.tokens, (tokens) => `${(tokens / 1e6).toFixed(1)} M`),
      known(part.operations, time),
      known(part.memoryBytes, size),
      known(part.diskBytes, size),
    ]),
  )
  const parameters = models.map(({ name, parameters: count }) => `${name}: ${known(count, millions)}`)
  const isWhole = parts.every(({ operations }) => operations !== null)
  const pace = speed
    ? `at ${speed.operationsPerSecond.toExponential(1)} operations per second, ${speed.isMeasured ? 'measured on this machine as busy as it is now' : 'as given'}`
    : 'no speed is known'
  return [
    table,
    `parameters: ${parameters.join(', ')}`,
    `${cells} cells, ${hours === null ? 'time unknown' : `about ${hours < 1 ? formatDuration(3600 * hours) : `${hours.toFixed(hours < 10 ? 1 : 0)} h`}${isWhole ? '' : ' for those whose sizes are known'}`}: an estimate, ${pace}`,
    ...plan.assumptions.map((text) => `- ${text}`),
    ...(plan.unchecked.length === 0 ? [] : ['could not be checked:', ...plan.unchecked.map((text) => `- ${text}`)]),
  ].join('\n')
}

const grouped = (count: number): string => count.toLocaleString('en-US')

const millions = (count: number): string => `${(count / 1e6).toFixed(count < 1e7 ? 2 : 0)} M`

const size = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
