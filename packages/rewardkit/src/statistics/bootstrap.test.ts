import { expect, it } from 'vitest'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { clusterBootstrap, createResampling, percentileInterval } from './bootstrap.ts'
import { every } from './fixtures/clusters.ts'
import { clusteredEstimate } from './intervals.ts'

const random = createRandom(1, 'test')
const values = Float64Array.from({ length: 120 }, () => random.normal())

const weightedMean = (weights: Float64Array) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.reduce((sum, weight, i) => sum + weight * at(values, i), 0) / total
}

it('draws whole clusters, as many as occur', () => {
  const { of } = every(120, 3)
  const clusters = { of: of.map((cluster) => 2 * cluster + 1), count: 100 }
  clusterBootstrap(
    clusters,
    (weights) => {
      const ofClusters = weights.filter((_, i) => i % 3 === 0)
      expect([...weights]).toEqual([...ofClusters].flatMap((weight) => [weight, weight, weight]))
      expect(ofClusters.reduce((sum, weight) => sum + weight, 0)).toBe(40)
      return []
    },
    { draws: 20, seed: 1 },
  )
})

it('has the error of a mean of clusters, and the same draws for every statistic', () => {
  const clusters = every(120, 3)
  const [means = new Float64Array(), doubled = new Float64Array()] = clusterBootstrap(
    clusters,
    (weights) => [weightedMean(weights), 2 * weightedMean(weights)],
    { draws: 2000, seed: 7 },
  )
  const center = means.reduce((sum, mean) => sum + mean, 0) / 2000
  const error = Math.sqrt(means.reduce((sum, mean) => sum + (mean - center) ** 2, 0) / 2000)
  const expected = clusteredEstimate(values, clusters)
  expect(center).toBeCloseTo(expected.value, 2)
  // The bootstrap divides by c instead of c - 1; the Monte Carlo error of a deviation is 1.6 %.
  expect(Math.abs(error / (expected.error * Math.sqrt(39 / 40)) - 1)).toBeLessThan(0.06)
  expect([...doubled]).toEqual(Array.from(means, (mean) => 2 * mean))
})

it('draws each thing equally often, by its seed alone', () => {
  const draw = createResampling(10, 3)
  const total = new Float64Array(10)
  for (let i = 0; i < 2000; i++) draw().forEach((times, thing) => (total[thing] = at(total, thing) + times))
  // Each is expected 2,000 times, with a deviation of 42.
  for (const times of total) expect(Math.abs(times - 2000)).toBeLessThan(200)
  expect([...createResampling(10, 3)()]).toEqual([...createResampling(10, 3)()])
  expect([...createResampling(10, 3)()]).not.toEqual([...createResampling(10, 4)()])
})

it('leaves out a few undefined draws, but not many', () => {
  const draws = Float64Array.from({ length: 101 }, (_, i) => i)
  expect(percentileInterval(50, draws)).toEqual({ value: 50, low: 2.5, high: 97.5 })
  expect(percentileInterval(50, Float64Array.of(...draws, NaN, NaN))).toEqual({ value: 50, low: 2.5, high: 97.5 })
  expect(percentileInterval(50, Float64Array.of(...draws, ...Array<number>(9).fill(NaN))).low).toBeNaN()
})
