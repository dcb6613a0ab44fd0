import { expect, it } from 'vitest'
import { groupsOf } from './relation-figures.ts'

it('has one group for equal values', () => {
  const values = Float64Array.from({ length: 60 }, (_, i) => (i < 10 ? i - 10 : i < 50 ? 0 : i))
  const groups = groupsOf(values, values.map(Math.cos), null)
  expect(groups.filter(({ value }) => value === 0)).toHaveLength(1)
  expect(new Set(groups.map(({ value }) => value)).size).toBe(groups.length)
})
