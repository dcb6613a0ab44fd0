import { expect, it } from 'vitest'

import { runningMean } from './curves.ts'

it('the running mean keeps a straight line away from the ends, and a short curve unchanged', () => {
  const line = Array.from({ length: 100 }, (_, step) => ({ step, value: 3 * step - 7 }))
  for (const { step, value } of runningMean(line).slice(5, 95)) expect(value).toBeCloseTo(3 * step - 7, 9)
  expect(runningMean(line.slice(0, 10))).toEqual(line.slice(0, 10))
})
