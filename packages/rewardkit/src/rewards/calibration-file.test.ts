import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import {
  type ModelCalibration,
  percentileOf,
  promptHashes,
  rewardQuantiles,
  sharedPrompts,
} from './calibration-file.ts'

const withQuantiles = (quantiles: number[]) => ({ rewards: { responses: 1, quantiles } }) as unknown as ModelCalibration

describe('percentileOf', () => {
  it('is the share of rewards that are lower, to a tenth of a percent', () => {
    const random = createRandom(2, 'percentiles')
    const rewards = Float64Array.from({ length: 5000 }, () => random.normal())
    const calibration = withQuantiles(rewardQuantiles(rewards))
    for (const reward of rewards.subarray(0, 200)) {
      const share = rewards.filter((other) => other < reward).length / rewards.length
      expect(Math.abs(percentileOf(calibration, reward) - 100 * share)).toBeLessThan(0.11)
    }
    expect(percentileOf(calibration, -100)).toBe(0)
    expect(percentileOf(calibration, 100)).toBe(100)
  })

  it('is the middle of equal rewards, and grows with the reward', () => {
    const calibration = withQuantiles(rewardQuantiles(Float64Array.from([1, 1, 1, 1])))
    expect([0.9, 1, 1.1].map((reward) => percentileOf(calibration, reward))).toEqual([0, 50, 100])
    const two = withQuantiles(rewardQuantiles(Float64Array.from([0, 1])))
    expect([0, 0.25, 0.5, 1].map((reward) => percentileOf(two, reward))).toEqual([0, 25, 50, 100])
  })
})

it('prompts of other data are recognised by their hashes', () => {
  const prompts = Array.from({ length: 1500 }, (_, i) => `prompt ${i}`)
  const calibration = { data: { prompt_hashes: promptHashes(prompts) } } as unknown as ModelCalibration
  expect(sharedPrompts(calibration, prompts)).toBe(1000)
  expect(sharedPrompts(calibration, ['another', 'one more'])).toBe(0)
  expect(promptHashes(['b', 'a', 'b'])).toEqual(promptHashes(['a', 'b']))
})
