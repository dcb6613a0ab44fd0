import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom } from '../random.ts'
import { studentQuantile } from './distributions.ts'
import { every } from './fixtures/clusters.ts'
import { clusteredEstimate, wilsonInterval } from './intervals.ts'
import { studentTest } from './paired-tests.ts'
import {
  detectableDifference,
  detectableGain,
  mcnemarPower,
  requiredPrompts,
  requiredPromptsForShare,
  requiredSeeds,
} from './power.ts'

const powers = z
  .array(
    z.object({ pairs: z.number(), only_first: z.number(), only_second: z.number(), p: z.number(), mid_p: z.number() }),
  )
  .parse(JSON.parse(readFileSync(new URL('fixtures/powers.json', import.meta.url), 'utf8')))

describe('power', () => {
  it('finds the detectable difference in 80 % of normal samples', () => {
    const random = createRandom(2, 'power')
    const [repetitions, prompts] = [2000, 40]
    const truth = detectableDifference({ error: 1 / Math.sqrt(prompts), degrees: prompts - 1 })
    let found = 0
    for (let i = 0; i < repetitions; i++) {
      const values = Float64Array.from({ length: prompts }, () => truth + random.normal())
      if (studentTest(clusteredEstimate(values, every(prompts, 1))) <= 0.05) found++
    }
    // Three standard errors of a share of 2,000.
    expect(Math.abs(found / repetitions - 0.8)).toBeLessThan(0.027)
  })

  it('asks for four times the prompts for half the difference, and for none that seeds rule out', () => {
    const design = { prompts: 1000, promptVariance: 1e-4, seeds: null }
    const needed = requiredPrompts(design, 0.02) ?? 0
    expect((requiredPrompts(design, 0.01) ?? 0) / needed).toBeCloseTo(4, 1)
    expect(requiredPrompts(design, -0.02)).toBe(needed)
    expect(requiredPrompts(design, 0)).toBeNull()
    expect(requiredPrompts({ ...design, seeds: { variance: 1e-4, count: 3 } }, 0.02)).toBeNull()
  })

  it('asks for the prompts with which the difference becomes the detectable one', () => {
    const needed = requiredPrompts({ prompts: 1000, promptVariance: 1e-4, seeds: null }, 0.02) ?? 0
    const estimate = { error: Math.sqrt((1e-4 * 1000) / needed), degrees: needed - 1 }
    expect(detectableDifference(estimate)).toBeCloseTo(0.02, 4)
  })

  it.each([2, 3, 16, 1000])('does not ask for more prompts because %i are few', (prompts) => {
    // The variance of one prompt is 1. Of 100 prompts, the difference of 0.3 is 3 standard errors.
    const needed = requiredPrompts({ prompts, promptVariance: 1 / prompts, seeds: null }, 0.3)
    // statsmodels: TTestPower().solve_power(0.3, power=0.8, alpha=0.05) is 89.15.
    expect(needed).toBe(90)
    expect(requiredPrompts({ prompts, promptVariance: 1 / prompts, seeds: null }, 3)).toBe(4)
  })

  it('asks for the prompts that tell a share from one half', () => {
    // By hand: ((1.96 * 0.5 + 0.8416 * sqrt(0.55 * 0.45)) / 0.05)² = 782.5.
    const alone = { accuracy: wilsonInterval(51, 100), pairs: 100, prompts: 100 }
    expect(Math.ceil(requiredPromptsForShare(alone, 0.55))).toBe(783)
    expect(Math.ceil(requiredPromptsForShare(alone, 0.6))).toBe(194)
    // Two pairs a prompt that are always both right or both wrong are worth one.
    const twice = { ...alone, pairs: 200 }
    const given = studentQuantile(0.975, 99) / studentQuantile(0.975, 199)
    expect(requiredPromptsForShare(twice, 0.6) / (requiredPromptsForShare(alone, 0.6) / given ** 2)).toBeCloseTo(1, 9)
  })

  it('asks for the seeds that bring the detectable difference down to the one seen', () => {
    const seeds = { variance: 4e-4, count: 3 }
    const needed = requiredSeeds({ prompts: 1000, promptVariance: 1e-5, seeds }, 0.02) ?? 0
    const detectable = (count: number) =>
      detectableDifference({ error: Math.sqrt(1e-5 + (4e-4 * 3) / count), degrees: count - 1 })
    expect(detectable(needed)).toBeLessThanOrEqual(0.02)
    expect(detectable(needed - 1)).toBeGreaterThan(0.02)
    expect(requiredSeeds({ prompts: 1000, promptVariance: 1e-3, seeds }, 0.02)).toBeNull()
    expect(requiredSeeds({ prompts: 1000, promptVariance: 1e-5, seeds: null }, 0.02)).toBeNull()
  })
})

describe("the power of McNemar's test", () => {
  it.each(powers)('of $pairs pairs is the sum over all results', ({ pairs, only_first, only_second, p, mid_p }) => {
    const found = mcnemarPower(pairs, { onlyFirst: only_first, onlySecond: only_second })
    expect(found.p).toBeCloseTo(p, 9)
    expect(found.mid_p).toBeCloseTo(mid_p, 9)
  })

  it('is close to that of the normal approximation, which needs about 7.85 times the discordant share over its square', () => {
    const gain = detectableGain(2000, 0.2) ?? NaN
    expect(gain / Math.sqrt((7.85 * 0.2) / 2000)).toBeCloseTo(1, 1)
    expect(mcnemarPower(2000, { onlyFirst: 0.1 - gain / 2, onlySecond: 0.1 + gain / 2 }).p).toBeCloseTo(0.8, 3)
  })

  it('of a true hypothesis is its size: at most 5 %, and about 5 % by mid p values', () => {
    for (const share of [0.05, 0.1, 0.15]) {
      const { p, mid_p } = mcnemarPower(400, { onlyFirst: share, onlySecond: share })
      expect(p).toBeLessThan(0.05)
      expect(mid_p).toBeGreaterThan(0.04)
      expect(mid_p).toBeLessThan(0.06)
    }
  })

  it('is larger where fewer pairs are discordant, and not enough for few pairs', () => {
    const least = detectableGain(500) ?? NaN
    expect(least).toBeLessThan(detectableGain(500, 0.1) ?? NaN)
    // Six discordant pairs are significant if none is the other way around.
    expect(mcnemarPower(500, { onlyFirst: 0, onlySecond: least }).p).toBeCloseTo(0.8, 4)
    expect(detectableGain(5)).toBeNull()
    expect(detectableGain(100, 0.02)).toBeNull()
    expect(mcnemarPower(100, { onlyFirst: 0, onlySecond: 0 })).toEqual({ p: 0, mid_p: 0 })
  })
})
