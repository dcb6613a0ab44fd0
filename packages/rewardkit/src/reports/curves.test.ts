import { expect, it } from 'vitest'

import { runningMean } from './curves.ts'
import { confidenceGroups } from './ranking-figures.ts'
import { worstRows } from './worst.ts'
import { exampleRuns } from './fixtures/example-runs.ts'

it('the running mean keeps a straight line away from the ends, and a short curve unchanged', () => {
  const line = Array.from({ length: 100 }, (_, step) => ({ step, value: 3 * step - 7 }))
  for (const { step, value } of runningMean(line).slice(5, 95)) expect(value).toBeCloseTo(3 * step - 7, 9)
  expect(runningMean(line.slice(0, 10))).toEqual(line.slice(0, 10))
})

it('confidence groups hold all pairs, surest last, and ties are wrong', () => {
  expect(confidenceGroups([0, 0])).toEqual([
    { confidence: 0.5, accuracy: 0 },
    { confidence: 0.5, accuracy: 0 },
  ])
  const groups = confidenceGroups(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 1 : -1) * (index + 1)))
  expect(groups).toHaveLength(10)
  expect(groups.every(({ accuracy }) => accuracy === 0.5)).toBe(true)
  expect(groups.at(-1)?.confidence).toBeCloseTo(1, 7)
})

it('the worst rows are the lowest margins in ascending order', () => {
  const rows = exampleRuns()[0].evaluation?.rows ?? []
  const worst = worstRows(rows)
  const margins = rows.map((row) => row.reward_margin).toSorted((a, b) => a - b)
  expect(worst.map((row) => row.reward_margin)).toEqual(margins.slice(0, 10))
})
