import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { sigmoid } from '../logistic.ts'
import { simulate } from '../simulate/simulate.ts'
import { labelNoise, wrongLabelProbability } from './label-noise.ts'

const alone = (pairs: number) => ({ of: Int32Array.from({ length: pairs }, (_, pair) => pair), count: pairs })

/** Margins of a calibrated model, whose labels were then flipped: what the model of label noise states. */
function stated(pairs: number, rate: number, spread: number, seed: number): Float64Array {
  const random = createRandom(seed, 'stated')
  return Float64Array.from({ length: pairs }, () => {
    const margin = spread * random.normal()
    const isRight = random.uniform() < sigmoid(Math.abs(margin)) !== random.uniform() < rate
    return isRight ? Math.abs(margin) : -Math.abs(margin)
  })
}

describe('labelNoise', () => {
  it.each([0, 0.1, 0.25])('finds a rate of %d where the model holds', (rate) => {
    for (const seed of [1, 2, 3]) {
      const found = labelNoise(stated(5000, rate, 5, seed), alone(5000))
      expect(found.rate?.value).toBeGreaterThan(rate - 0.03)
      expect(found.rate?.value).toBeLessThan(rate + 0.03)
      expect(found.temperature).toBeGreaterThan(0.7)
      expect(found.temperature).toBeLessThan(1.4)
      expect(found.reason).toBeNull()
    }
  })

  it('does not depend on the scale of rewards', () => {
    const margins = stated(2000, 0.1, 5, 4)
    const [found, scaled] = [margins, margins.map((margin) => 1000 * margin)].map((of) => labelNoise(of, alone(2000)))
    expect(scaled?.rate?.value).toBeCloseTo(found?.rate?.value ?? NaN, 6)
    expect((scaled?.temperature ?? NaN) / (found?.temperature ?? NaN)).toBeCloseTo(1000, 3)
  })

  it.each([0, 0.1, 0.25])('finds a rate of %d in simulated pairs that are scored with errors', (rate) => {
    const { pairs } = simulate({ pairs: 4000, noise: `flip:${rate}`, lengthBias: 0, gradeNoise: 0.5, seed: 3 })
    const random = createRandom(1, 'errors')
    const margins = Float64Array.from(pairs, ({ meta }) => meta.true_margin + random.normal())
    const flipped = pairs.filter(({ meta }) => meta.true_margin < 0).length / pairs.length
    const found = labelNoise(margins, alone(4000)).rate
    expect(found?.low).toBeLessThanOrEqual(flipped)
    expect(found?.high).toBeGreaterThanOrEqual(flipped)
    expect(Math.abs((found?.value ?? NaN) - flipped)).toBeLessThan(0.02)
  })

  it('takes equal pairs of one prompt as one', () => {
    const margins = stated(600, 0.15, 6, 1)
    const copies = Float64Array.from({ length: 2400 }, (_, i) => margins[i % 600] ?? NaN)
    const prompts = { of: Int32Array.from({ length: 2400 }, (_, i) => i % 600), count: 600 }
    const [once, fourTimes] = [labelNoise(margins, alone(600)), labelNoise(copies, prompts)]
    expect(fourTimes.rate?.value).toBeCloseTo(once.rate?.value ?? NaN, 3)
    const width = (of: typeof once) => (of.fitting?.high ?? NaN) - (of.fitting?.low ?? NaN)
    expect(width(fourTimes) / width(once)).toBeGreaterThan(0.85)
    expect(width(labelNoise(copies, alone(2400))) / width(once)).toBeLessThan(0.6)
  })

  it('gives no rate where many fit, and the temperature without noise', () => {
    const found = labelNoise(stated(500, 0.1, 0.5, 1), alone(500))
    expect(found).toMatchObject({ rate: null, reason: 'rates far apart fit the pairs' })
    expect(found.fitting?.low).toBeLessThan(0.1)
    expect(found.fitting?.high).toBeGreaterThan(0.25)
    expect(found.temperature).toBeGreaterThan(0)
  })

  it.each([
    ['at least half of the reward margins are 0', [0, 0, 0, 1, -1], null],
    ['the reward margins agree with the labels no better than chance', [1, -1, 2, -2, -3], null],
    ['5 prompts are too few', [1, 1, 2, -2, 3], 1],
  ])('says that %s', (reason, margins, temperature) => {
    const found = labelNoise(Float64Array.from(margins), alone(5))
    expect(found).toMatchObject({ rate: null, fitting: null, reason })
    expect(found.temperature === null).toBe(temperature === null)
  })

  it('says that one prompt is too few', () => {
    const oneOf = { of: new Int32Array(5), count: 1 }
    expect(labelNoise(Float64Array.of(1, 1, 2, -2, 3), oneOf).reason).toBe('1 prompt is too few')
  })
})

it('gives the probability of a wrong label by Bayes', () => {
  const probability = (margin: number, rate: number) => wrongLabelProbability(margin, { rate, temperature: 1 })
  // Where the margin says that one response is as likely better as the other, a label is as likely wrong as any.
  expect(probability(0, 0.2)).toBeCloseTo(0.2, 12)
  // Where the margin is as sure as the annotator, but of the other response.
  expect(probability(Math.log(0.2 / 0.8), 0.2)).toBeCloseTo(0.5, 12)
  expect(probability(-30, 0.1)).toBeCloseTo(1, 9)
  expect(probability(-800, 0.1)).toBe(1)
  expect(probability(800, 0.1)).toBe(0)
  expect(probability(-5, 0)).toBe(0)
})
