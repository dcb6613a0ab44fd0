import { expect, test } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { tableOf } from '../analysis/reward-table.ts'
import { exampleRuns } from '../reports/fixtures/example-runs.ts'
import { evaluationSummarySchema } from './evaluation-schemas.ts'

const [, , run] = exampleRuns()
const written = JSON.stringify({ ...run.evaluation.summary, ...analyse(tableOf(run.rows)) })

type Path = readonly (string | number)[]

/** The places of all values that hold no others. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
}

const replaced = (value: unknown, [key, ...rest]: Path): unknown => {
  if (key === undefined) return {}
  const inner: unknown = Object.entries(value ?? {}).find(([name]) => name === key)?.[1]
  return Array.isArray(value)
    ? value.with(Number(key), replaced(inner, rest))
    : Object.assign({}, value, { [key]: replaced(inner, rest) })
}

test('a summary is read as it was written', () => {
  const read = evaluationSummarySchema.parse(JSON.parse(written))
  expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(written))
})

test('every value of every block is checked', () => {
  const summary: unknown = JSON.parse(written)
  const unchecked = leaves(summary).filter((path) => evaluationSummarySchema.safeParse(replaced(summary, path)).success)
  expect(unchecked).toEqual([])
})
