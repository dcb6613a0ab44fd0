import { expect, it } from 'vitest'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { spearmanCorrelation } from './correlations.ts'
import { normalizedRanks } from './ranks.ts'

it("the product of normalised ranks is Spearman's correlation, with ties", () => {
  const random = createRandom(1, 'ranks')
  const first = Float64Array.from({ length: 200 }, () => Math.round(3 * random.normal()))
  const second = first.map((value) => Math.round(value + 3 * random.normal()))
  const [a, b] = [normalizedRanks(first), normalizedRanks(second)]
  const product = a.reduce((sum, rank, i) => sum + rank * at(b, i), 0)
  expect(product).toBeCloseTo(spearmanCorrelation(first, second), 12)
  expect(product).toBeGreaterThan(0.3)
})

it('a constant column has no ranks', () => {
  expect([...normalizedRanks(new Float64Array(3))]).toEqual([NaN, NaN, NaN])
})
