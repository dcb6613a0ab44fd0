import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { logSigmoid, sigmoid } from '../logistic.ts'
import { createRandom } from '../random.ts'
import { bestTemperature } from '../statistics/statistics.ts'
import { calibrationOf as scoresWith } from './calibration.ts'
import { marginTable } from './fixtures/margin-table.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'
import { fitTemperature, type GivenTemperature, temperaturesFor } from './temperature.ts'

/** Margins whose sigmoid is the true probability, times a temperature; pairs of a prompt have much in common. */
function simulated(pairs: number, temperature: number, seed: number, pairsPerPrompt = 2) {
  const random = createRandom(seed, 'calibrated margins')
  let common = 0
  const margins = Array.from({ length: pairs }, (_, pair) => {
    if (pair % pairsPerPrompt === 0) common = random.normal()
    const margin = common + 0.8 * random.normal()
    return temperature * (random.uniform() < sigmoid(margin) ? margin : -margin)
  })
  const sizes = Array.from({ length: Math.ceil(pairs / pairsPerPrompt) }, () => pairsPerPrompt)
  return marginTable(margins, sizes)
}

function calibrationOf(table: RewardTable, given: GivenTemperature | null = null) {
  const clusters = promptClusters(table)
  return scoresWith(table.margins, clusters, temperaturesFor(table.margins, clusters, given))
}

describe('calibrationOf', () => {
  it('finds no error in calibrated margins, in about 97.5 % of samples', () => {
    let clean = 0
    let expected = 0
    const trials = 30
    for (let seed = 0; seed < trials; seed++) {
      const error = calibrationOf(simulated(400, 1, seed), {
        temperature: { value: 1, low: 1, high: 1 },
        pairs: 1,
        prompts: 1,
      }).expected_calibration_error
      if (error.low === 0) clean += 1
      expect(error.high).toBeGreaterThanOrEqual(error.value ?? NaN)
      const { low, high } = error.if_calibrated
      if ((low ?? NaN) <= (error.value ?? NaN) && (error.value ?? NaN) <= (high ?? NaN)) expected += 1
    }
    expect(clean).toBeGreaterThanOrEqual(27)
    expect(expected).toBeGreaterThanOrEqual(26)
  })

  it('finds the error of margins that are three times too wide, and a temperature mends it', () => {
    const calibration = calibrationOf(simulated(4000, 3, 1))
    const { expected_calibration_error: error, after_temperature: after } = calibration
    expect(error.low).toBeGreaterThan(0.05)
    expect(error.value).toBeGreaterThan(error.if_calibrated.high ?? NaN)
    expect(after.source).toBe('cross_fitting')
    expect(after.expected_calibration_error.low).toBe(0)
    expect(after.temperature.low).toBeLessThan(3)
    expect(after.temperature.high).toBeGreaterThan(3)
    expect(after.log_loss.value).toBeLessThan(calibration.log_loss.value ?? NaN)
    expect(after.brier_score.value).toBeLessThan(calibration.brier_score.value ?? NaN)
  })

  it('counts a tie as half right, with confidence one half', () => {
    const { reliability, expected_calibration_error } = calibrationOf(marginTable([0, 0, 0, 0]))
    expect(reliability).toMatchObject([{ pairs: 4, confidence: 0.5, accuracy: { value: 0.5 } }])
    expect(expected_calibration_error.value).toBe(0)
    const { log_loss, brier_score } = calibrationOf(marginTable([0, 0]))
    expect(log_loss.value).toBeCloseTo(Math.LN2, 15)
    expect(brier_score.value).toBe(0.25)
  })

  it('has the plain definition of every score', () => {
    const margins = [2, -1, 0.5, 0.3, -0.2, 1.4, 3, 0.1, -0.4, 0.9, 1.1, 0.6, -2, 0.7, 1.9, 2.2, 0.4, -0.6, 1.2, 0.8]
    const { log_loss, brier_score, expected_calibration_error, reliability } = calibrationOf(marginTable(margins))
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(log_loss.value).toBeCloseTo(mean(margins.map((margin) => -logSigmoid(margin))), 12)
    expect(brier_score.value).toBeCloseTo(mean(margins.map((margin) => (1 - sigmoid(margin)) ** 2)), 12)
    const sorted = margins.toSorted((a, b) => Math.abs(a) - Math.abs(b))
    const halves = [sorted.slice(0, 10), sorted.slice(10)].map((half) => ({
      confidence: mean(half.map((margin) => sigmoid(Math.abs(margin)))),
      accuracy: mean(half.map((margin) => (margin > 0 ? 1 : 0))),
    }))
    expect(reliability).toHaveLength(2)
    halves.forEach(({ confidence, accuracy }, bin) => {
      expect(at(reliability, bin).confidence).toBeCloseTo(confidence, 12)
      expect(at(reliability, bin).accuracy.value).toBeCloseTo(accuracy, 12)
    })
    const error = mean(halves.map(({ confidence, accuracy }) => Math.abs(confidence - accuracy)))
    expect(expected_calibration_error.value).toBeCloseTo(error, 12)
  })

  it('does not depend on the order of the pairs, nor on the names of prompts', () => {
    const table = simulated(200, 1, 3, 1)
    const turned = marginTable([...table.margins].toReversed())
    const [one, other] = [calibrationOf(table), calibrationOf(turned)]
    expect(other.expected_calibration_error.value).toBeCloseTo(one.expected_calibration_error.value ?? NaN, 12)
    expect(other.expected_calibration_error.high).toBeCloseTo(one.expected_calibration_error.high ?? NaN, 6)
  })

  it('says why there is no temperature', () => {
    const reasons = [[1, 2, 3, 4, 5, 6], [-1, -2, -3, -4, -5, -6], [1]].map(
      (margins) => calibrationOf(marginTable(margins)).after_temperature,
    )
    expect(reasons.map(({ source }) => source)).toEqual(['none', 'none', 'none'])
    expect(reasons.map(({ log_loss }) => log_loss.reason)).toEqual([
      expect.stringContaining('no pair is ranked wrongly'),
      expect.stringContaining('not above zero on average'),
      expect.stringContaining('same prompt'),
    ])
    expect(JSON.stringify(reasons)).not.toContain('NaN')
  })

  it('uses a given temperature and says so', () => {
    const table = simulated(100, 1, 5)
    const { after_temperature: after } = calibrationOf(table, {
      temperature: { value: 2, low: 1.5, high: 2.5 },
      pairs: 500,
      prompts: 100,
    })
    const expected = table.margins.reduce((sum, margin) => sum - logSigmoid(margin / 2), 0) / 100
    expect(after.log_loss.value).toBeCloseTo(expected, 12)
    expect(after).toMatchObject({ source: 'calibration_file', temperature: { value: 2, low: 1.5, high: 2.5 } })
    expect(after.words).toContain('500 other pairs of 100 prompts')
  })
})

describe('temperatures', () => {
  it('of simulated margins are in their intervals in about 95 % of samples', () => {
    let covered = 0
    for (let seed = 0; seed < 100; seed++) {
      const table = simulated(400, 2.5, seed, 4)
      const { low, high } = fitTemperature(table.margins, promptClusters(table))
      if ((low ?? NaN) <= 2.5 && 2.5 <= (high ?? NaN)) covered += 1
    }
    expect(covered).toBeGreaterThanOrEqual(88)
    expect(covered).toBeLessThanOrEqual(99)
  })

  it('that are cross-fitted come from the pairs of other prompts', () => {
    const table = simulated(60, 2, 9, 3)
    const fitted = temperaturesFor(table.margins, promptClusters(table)).of ?? new Float64Array()
    const different = new Set(fitted)
    expect(different.size).toBe(5)
    for (const temperature of different) {
      const others = table.margins.filter((_, pair) => fitted[pair] !== temperature)
      expect(others).toHaveLength(48)
      expect(bestTemperature(others)).toBe(temperature)
    }
    table.promptOf.forEach((prompt, pair) => {
      expect(fitted[pair]).toBe(fitted[table.promptOf.indexOf(prompt)])
    })
  })
})
