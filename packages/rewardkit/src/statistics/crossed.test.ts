import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { crossedBootstrap, crossedEstimate } from './crossed.ts'
import { every } from './fixtures/clusters.ts'
import { clusteredEstimate, intervalOf } from './intervals.ts'

const fixture = z
  .object({ crossed: z.array(z.object({ values: z.array(z.array(z.number())), variance: z.number() })) })
  .parse(JSON.parse(readFileSync(new URL('fixtures/tests.json', import.meta.url), 'utf8')))

const zeros = (seeds: number, pairs: number) => Array.from({ length: seeds }, () => new Float64Array(pairs))

describe('seeds x prompts', () => {
  it.each(fixture.crossed)('has the variance of the analysis of variance: $values.length seeds', (one) => {
    const second = one.values.map((values) => Float64Array.from(values))
    const prompts = at(second, 0).length
    const found = crossedEstimate({
      first: zeros(second.length, prompts),
      second,
      clusters: every(prompts, 1),
      isPaired: true,
    })
    expect(found.error ** 2).toBeCloseTo(one.variance, 10)
    expect(found.degrees).toBe(second.length - 1)
  })

  it('knows nothing of seeds with one of them', () => {
    const [first, second] = [zeros(1, 6), [Float64Array.of(1, 0, 1, 1, 0, 1)]]
    const clusters = every(6, 2)
    for (const isPaired of [true, false])
      expect(crossedEstimate({ first, second, clusters, isPaired })).toEqual(clusteredEstimate(at(second, 0), clusters))
  })

  it('does not pair different numbers of seeds, and takes the degrees of the smaller', () => {
    const arms = { first: zeros(3, 6), second: zeros(2, 6), clusters: every(6, 1) }
    expect(() => crossedEstimate({ ...arms, isPaired: true })).toThrow('3 seeds against 2')
    expect(crossedEstimate({ ...arms, isPaired: false })).toMatchObject({ value: 0, degrees: 1 })
  })

  it('sees less noise where seeds are paired and share it', () => {
    const random = createRandom(2, 'crossed')
    const first = zeros(5, 40).map((values) => {
      const shared = random.normal()
      return values.map(() => shared + random.normal())
    })
    const second = first.map((values) => values.map((value) => value + 0.1 + 0.1 * random.normal()))
    const arms = { first, second, clusters: every(40, 2) }
    const [paired, unpaired] = [true, false].map((isPaired) => crossedEstimate({ ...arms, isPaired }))
    expect(paired?.value).toBeCloseTo(unpaired?.value ?? NaN, 12)
    expect(paired?.error).toBeLessThan((unpaired?.error ?? NaN) / 5)
    const draws = { draws: 400, seed: 1 }
    const [drawn, apart] = [true, false].map((isPaired) => crossedBootstrap({ ...arms, isPaired }, draws))
    expect(drawn?.value).toBeCloseTo(paired?.value ?? NaN, 12)
    expect((drawn?.high ?? NaN) - (drawn?.low ?? NaN)).toBeLessThan(((apart?.high ?? NaN) - (apart?.low ?? NaN)) / 5)
  })

  it.each([true, false])('covers the truth in simulations, paired %s', (isPaired) => {
    const random = createRandom(3, 'coverage')
    const [seeds, prompts, size] = [5, 30, 3]
    let covered = 0
    const trials = 400
    for (let trial = 0; trial < trials; trial++) {
      const arm = () => {
        const ofPrompts = Float64Array.from({ length: prompts }, () => 0.5 * random.normal())
        return zeros(seeds, prompts * size).map((values) => {
          const ofSeed = 0.3 * random.normal()
          return values.map((_, pair) => ofSeed + at(ofPrompts, Math.floor(pair / size)) + random.normal())
        })
      }
      const estimate = crossedEstimate({ first: arm(), second: arm(), clusters: every(prompts * size, size), isPaired })
      const { low, high } = intervalOf(estimate)
      if (low <= 0 && 0 <= high) covered++
    }
    // 95 % of 400 has a standard error of 1.1 points; the degrees of freedom are on the safe side.
    expect(covered / trials).toBeGreaterThan(0.92)
  })
})
