import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { createRandom, type Random } from '../random.ts'
import type { CrossedArms } from '../statistics/crossed.ts'
import { every } from '../statistics/fixtures/clusters.ts'
import { equivalenceTest } from '../statistics/paired-tests.ts'
import { accuracyDifference, shareInterval } from './accuracy-difference.ts'

interface Design {
  readonly prompts: number
  readonly size: number
  readonly seeds: number
  /** By how much seeds shift all pairs of a run. */
  readonly noise: number
}

/** Two arms of equal accuracy, but for `shift`: right where shared and own normal parts add up to more than zero. */
function draw({ prompts, size, seeds, noise }: Design, random: Random, shift = 0): CrossedArms {
  const pairs = prompts * size
  const normal = (count: number) => Float64Array.from({ length: count }, () => random.normal())
  const shared = normal(pairs)
  const arm = (offset: number) => {
    const ofPrompt = normal(prompts)
    return Array.from({ length: seeds }, () => {
      const ofRun = offset + noise * random.normal()
      return shared.map((one, pair) => {
        const sum = one + 0.4 * at(ofPrompt, Math.floor(pair / size)) + 0.5 * random.normal() + ofRun
        return sum > 0 ? 1 : 0
      })
    })
  }
  return { first: arm(0), second: arm(shift), isPaired: false, clusters: every(pairs, size) }
}

/** Shares of simulated comparisons of equally good arms. bench/compare-simulation.mjs has more of them. */
function simulated(design: Design, repetitions: number) {
  const random = createRandom(5, 'comparisons')
  const counts = { covered: 0, found: 0, ofModels: 0 }
  for (let i = 0; i < repetitions; i++) {
    const { value, estimate, p, test } = accuracyDifference(draw(design, random))
    const { low, high } = shareInterval(value, estimate)
    if (low <= 0 && 0 <= high) counts.covered++
    if (p <= 0.05) counts.found++
    if (test.p <= 0.05) counts.ofModels++
  }
  return {
    covered: counts.covered / repetitions,
    found: counts.found / repetitions,
    ofModels: counts.ofModels / repetitions,
  }
}

describe('the difference in accuracy', () => {
  // Three standard errors of 5 % in 400 repetitions are 3.3 points.
  it('has the size and coverage it claims with one pair a prompt', () => {
    const { covered, found } = simulated({ prompts: 200, size: 1, seeds: 1, noise: 0 }, 400)
    expect(covered).toBeGreaterThan(0.917)
    expect(covered).toBeLessThan(0.983)
    expect(found).toBeLessThan(0.083)
  })

  it('has them where pairs of a prompt succeed together', () => {
    const { covered, found } = simulated({ prompts: 40, size: 5, seeds: 1, noise: 0 }, 400)
    expect(covered).toBeGreaterThan(0.917)
    expect(covered).toBeLessThan(0.983)
    expect(found).toBeLessThan(0.083)
  })

  it('takes the noise of seeds for what it is, which a test of these models does not', () => {
    const { covered, found, ofModels } = simulated({ prompts: 100, size: 1, seeds: 3, noise: 0.3 }, 200)
    expect(covered).toBeGreaterThan(0.93)
    expect(found).toBeLessThan(0.07)
    expect(ofModels).toBeGreaterThan(0.2)
  })

  it('shows equivalence at its bound no more often than it claims, and well within it in most cases', () => {
    const random = createRandom(6, 'equivalence')
    // At this shift accuracies differ by 0.1, since the normal density at zero over the standard deviation is 0.336.
    const [bound, repetitions] = [0.1, 200]
    const shift = 0.3
    let [atBound, within] = [0, 0]
    for (let i = 0; i < repetitions; i++) {
      const design = { prompts: 400, size: 1, seeds: 1, noise: 0 }
      if (equivalenceTest(accuracyDifference(draw(design, random, shift)).estimate, bound).p <= 0.05) atBound++
      if (equivalenceTest(accuracyDifference(draw(design, random)).estimate, bound).p <= 0.05) within++
    }
    expect(atBound / repetitions).toBeLessThan(0.1)
    expect(within / repetitions).toBeGreaterThan(0.8)
  })
})

describe('the exact cases', () => {
  const clusters = every(6, 1)
  const arms = (first: readonly number[][], second: readonly number[][], isPaired = false): CrossedArms => ({
    first: first.map((run) => Float64Array.from(run)),
    second: second.map((run) => Float64Array.from(run)),
    clusters,
    isPaired,
  })

  it('one pair a prompt and one run each is McNemar: 4 against 0 is 2 / 16', () => {
    const { value, test, trainingTest } = accuracyDifference(arms([[0, 0, 0, 0, 1, 0]], [[1, 1, 1, 1, 1, 0]]))
    expect(value).toBeCloseTo(4 / 6, 12)
    expect(test).toEqual({ name: 'mcnemar_exact', p: expect.closeTo(1 / 8, 12), mid_p: expect.closeTo(1 / 16, 12) })
    expect(trainingTest).toBeNull()
  })

  it('two runs each flip signs of prompts, and have one degree of freedom', () => {
    const run = [0, 0, 0, 0, 1, 0]
    const better = [1, 1, 1, 1, 1, 0]
    const { test, trainingTest, p } = accuracyDifference(arms([run, run], [better, better], true))
    expect(test).toMatchObject({ name: 'sign_flip', p: 1 / 8 })
    expect(trainingTest).toMatchObject({ name: 'crossed_t', degrees: 1, p })
  })

  it('stays within -1 and 1', () => {
    const { value, estimate } = accuracyDifference(arms([[0, 0, 0, 0, 0, 0]], [[1, 1, 1, 1, 1, 1]]))
    expect(shareInterval(value, estimate)).toMatchObject({ value: 1, high: 1 })
  })
})
