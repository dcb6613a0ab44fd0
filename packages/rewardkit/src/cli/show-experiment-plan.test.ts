import { expect, it } from 'vitest'
import { formatExperimentPlan } from './show-experiment-plan.ts'

const part = {
  model: 'tiny',
  data: 'simulated',
  cells: 12,
  pairs: 2100,
  testPairs: 600,
  steps: 66,
  tokens: 1e5,
  operations: 1e12,
  memoryBytes: 7e7,
  diskBytes: 2e6,
}
const plan = (hours: number) =>
  formatExperimentPlan({
    cells: 12,
    parts: [part],
    models: [{ name: 'tiny', parameters: 9e4 }],
    speed: { operationsPerSecond: 7e10, isMeasured: true },
    hours,
    assumptions: [],
    unchecked: [],
  })

it('gives short times in seconds or minutes, and counts in groups of three', () => {
  expect(plan(14 / 3600)).toContain('12 cells, about 14 s: an estimate')
  expect(plan(14 / 3600)).toContain(' 2,100 ')
  expect(plan(31.4)).toContain('12 cells, about 31 h: an estimate')
})
