import { expect, it } from 'vitest'

import { confidenceGroups } from './calibration-figures.ts'

it('confidence groups hold all pairs, surest last, and ties are wrong', () => {
  expect(confidenceGroups(Float64Array.of(0, 0))).toEqual([
    { confidence: 0.5, accuracy: 0 },
    { confidence: 0.5, accuracy: 0 },
  ])
  const groups = confidenceGroups(Float64Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 1 : -1) * (i + 1)))
  expect(groups).toHaveLength(10)
  expect(groups.every(({ accuracy }) => accuracy === 0.5)).toBe(true)
  expect(groups.at(-1)?.confidence).toBeCloseTo(1, 7)
})
