import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { type Claim, claim as claimAbove, claimsOf } from './claims.ts'
import { claimsAcrossModels, claimsOfMarginTraining, type ModelMargins } from './claims-across.ts'
import { marginTable } from './fixtures/margin-table.ts'
import { marginDistribution } from './margin-distribution.ts'
import { promptClusters, type RewardTable } from './reward-table.ts'

const random = createRandom(12, 'claims')
const normal = (count: number) => Array.from({ length: count }, () => random.normal())
const verdicts = (claims: readonly Claim[]) => Object.fromEntries(claims.map(({ claim, verdict }) => [claim, verdict]))
const claimsOfTraining = (without: RewardTable, withMargins: RewardTable) =>
  claimsOfMarginTraining(without, withMargins, promptClusters(without))
const claimsAbout = (table: RewardTable) => claimsOf(table, marginDistribution(table))

describe('claims about one model', () => {
  it('hold where the intervals say so, and not where they say the opposite', () => {
    const right = normal(600).map((z) => Math.exp(z) - 0.8)
    const annotated = right.map((_, i) => [0.3, 0.6, 1][i % 3] ?? 0)
    expect(verdicts(claimsAbout(marginTable(right, undefined, annotated)))).toEqual({
      mean_above_zero: 'holds',
      mean_above_zero_scale_free: 'holds',
      positive_skew: 'holds',
      predictions_cluster_at_zero: 'holds',
    })
    const left = right.map((margin) => -margin)
    expect(verdicts(claimsAbout(marginTable(left)))).toMatchObject({
      mean_above_zero: 'does not hold',
      mean_above_zero_scale_free: 'does not hold',
      positive_skew: 'does not hold',
    })
  })

  it('are undecided where the interval includes zero, or there is none, and the words say why', () => {
    const [mean, ratio, skew, zero] = claimsAbout(marginTable([1, -1, 2, -2, 0.5, -0.4]))
    expect([mean, ratio, skew].map((claim) => claim?.verdict)).toEqual(['cannot tell', 'cannot tell', 'cannot tell'])
    expect(mean?.words).toMatch(
      /^the mean reward margin is 0\.017 \(-1\.\d+ to 1\.\d+\), and the interval includes zero$/,
    )
    expect(zero?.words).toMatch(/the pairs have no annotated margins$/)
    const [one, , none] = claimsAbout(marginTable([1]))
    expect(one?.words).toContain('without an interval: all pairs have the same prompt')
    expect(none?.words).toBe('the skewness g1 of the reward margins is undefined: there is one pair alone')
  })

  it('have numbers with as many decimals as their intervals', () => {
    const wordsOf = (value: number, low: number, high: number) =>
      claimAbove('mean_above_zero', { value, low, high }, (found) => found).words
    expect(wordsOf(0.603, 0.51, 0.8321)).toBe('0.603 (0.510 to 0.832), above zero')
    expect(wordsOf(-0.0000462, -0.0185, 0.0184)).toBe('0.000 (-0.018 to 0.018), and the interval includes zero')
    expect(wordsOf(106.2, 98.4, 115)).toBe('106 (98 to 115), above zero')
    expect(wordsOf(1.234e-7, 1e-8, 2e-7)).toBe('1.23e-7 (1e-8 to 2e-7), above zero')
  })

  it('compare how many predictions and annotations are near zero, whatever the scales', () => {
    const margins = [0.01, 0.02, -0.01, 1, -1, 2, 1.5, -0.5, 1, 0.9]
    const annotated = [1, 2, 3, 1, 2, 3, 1, 2, 3, 0]
    const about = (scale: number, other: number) =>
      claimsAbout(
        marginTable(
          margins.map((margin) => scale * margin),
          undefined,
          annotated.map((margin) => other * margin),
        ),
      ).at(-1)
    const claim = about(1, 1)
    expect(claim?.value).toBeCloseTo(0.3 - 0.1, 12)
    expect(claim?.words).toMatch(
      /^30\.0 % of the reward margins \(10\.8 to 60\.3\) and 10\.0 % of the annotated margins/,
    )
    expect(about(100, 0.01)?.value).toBeCloseTo(0.2, 12)
    const noneThere = claimsAbout(marginTable([1, 2], undefined, [0, 0])).at(-1)
    expect(noneThere?.words).toContain('all annotated margins are zero')
  })

  it('of a cluster at zero need more there than normal margins have, since grades are never near zero', () => {
    const grades = Array.from({ length: 2000 }, (_, i) => 1 + (i % 3))
    const about = (margins: number[]) => claimsAbout(marginTable(margins, undefined, grades)).at(-1)
    const plain = about(normal(2000).map((z) => 2 + z))
    expect(plain?.low).toBeGreaterThan(0)
    expect(plain?.verdict).toBe('cannot tell')
    // Half of the margins on either side, none between.
    const apart = about(normal(2000).map((z, i) => 0.1 * z + (i % 2) - 0.5))
    expect(apart?.verdict).toBe('does not hold')
    expect(about(normal(2000).map((z) => z ** 3))?.verdict).toBe('holds')
  })

  it('leave out pairs without an annotated margin', () => {
    const claim = claimsAbout(marginTable([1, 1, 0], undefined, [1, 1, NaN])).at(-1)
    expect(claim?.value).toBe(0)
  })
})

describe('claims across models', () => {
  const model = (accuracy: number, kurtosis: number, mean: number): ModelMargins => {
    const known = (value: number) => ({ value, low: null, high: null })
    return {
      accuracy,
      distribution: { mean: known(mean), mean_over_standard_deviation: known(-mean), excess_kurtosis: known(kurtosis) },
    }
  }

  it('stay open with the three models of the paper', () => {
    const claims = claimsAcrossModels([model(0.5892, 9, 1), model(0.7168, 5, 2), model(0.7204, 4, 3)])
    expect(claims.map(({ verdict }) => verdict)).toEqual(['cannot tell', 'cannot tell', 'cannot tell'])
    expect(claims[0]?.value).toBeCloseTo(-1, 12)
    expect(claims[0]?.words).toContain('5 models are the fewest')
  })

  it('are decided by more models, by the exact share of orders that are as far from zero', () => {
    const six = [0.5, 0.55, 0.6, 0.62, 0.7, 0.71].map((accuracy, i) => model(accuracy, -i, i === 5 ? 3.5 : i))
    const [kurtosis, mean, ratio] = claimsAcrossModels(six)
    expect(kurtosis?.verdict).toBe('holds')
    expect(kurtosis?.value).toBeCloseTo(-1, 12)
    // Two orders of 720.
    expect(kurtosis?.words).toContain('p = 0.00278 by all orders of the models')
    expect(mean?.verdict).toBe('holds')
    expect(ratio?.verdict).toBe('does not hold')
  })

  it('are decided by random orders of many models', () => {
    const many = Array.from({ length: 12 }, (_, i) => model(0.5 + i / 100, i % 2, i))
    const [kurtosis, mean] = claimsAcrossModels(many)
    expect(kurtosis?.verdict).toBe('cannot tell')
    expect(mean).toMatchObject({ verdict: 'holds' })
    expect(mean?.words).toContain('10,000 random orders')
  })

  it('stay open with models that do not differ, or whose statistics are undefined', () => {
    const same = [1, 2, 3, 4, 5].map(() => model(0.6, 1, 1))
    expect(claimsAcrossModels(same).map(({ verdict, value }) => [verdict, value])).toEqual([
      ['cannot tell', null],
      ['cannot tell', null],
      ['cannot tell', null],
    ])
  })
})

describe('claims about training with margins', () => {
  const without = normal(800).map((z) => 0.4 + z)
  const responses = normal(800)
  const table = (margins: readonly number[], scale = 1): RewardTable => {
    const rejected = Float64Array.from(responses, (reward) => scale * reward)
    const scaled = Float64Array.from(margins, (margin) => scale * margin)
    return {
      ...marginTable(margins.map((margin) => scale * margin)),
      margins: scaled,
      rejectedRewards: rejected,
      chosenRewards: scaled.map((margin, pair) => margin + at(rejected, pair)),
    }
  }

  it('see through a larger reward scale', () => {
    const claims = claimsOfTraining(table(without), table(without, 3))
    expect(verdicts(claims)).toMatchObject({ margins_shift: 'holds', margins_widen: 'holds' })
    const [, shift, widen, width] = claims
    expect(shift?.value).toBeCloseTo(0, 12)
    expect(widen?.value).toBeCloseTo(200, 9)
    expect(width?.value).toBeCloseTo(0, 9)
  })

  it('hold where the distribution does shift and widen, and not vice versa', () => {
    const taught = without.map((margin) => 2 * margin + 1)
    expect(verdicts(claimsOfTraining(table(without), table(taught)))).toEqual({
      margins_shift: 'holds',
      margins_shift_scale_free: 'holds',
      margins_widen: 'holds',
      margins_widen_scale_free: 'holds',
    })
    expect(new Set(Object.values(verdicts(claimsOfTraining(table(taught), table(without)))))).toEqual(
      new Set(['does not hold']),
    )
  })

  it('stay open with equal models or constant margins', () => {
    const same = claimsOfTraining(table(without), table(without.map((margin, i) => margin + at(responses, i) / 30)))
    expect(verdicts(same)['margins_shift']).toBe('cannot tell')
    const flat = table(without.map(() => 1))
    expect(claimsOfTraining(table(without), flat).map(({ words }) => words)).toEqual(
      Array.from(
        { length: 4 },
        () => expect.stringContaining('undefined: all reward margins of a model are equal') as string,
      ),
    )
  })
})
