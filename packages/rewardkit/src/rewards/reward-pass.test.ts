import { expect, it } from 'vitest'
import { fixtureFolder, readExpected, relativeDifference } from '../models/fixtures/read.ts'
import { loadRewardNetwork } from '../models/index.ts'
import { splitPrefix } from '../tokens/encode.ts'
import { computeRewards } from './reward-pass.ts'

const { groups, rewards } = readExpected('llama')
const tokenGroups = groups.map((sequences) =>
  splitPrefix(
    sequences.map((ids) => Int32Array.from(ids)),
    false,
  ),
)

it.each([1, 20, 45, 1000])("gives transformers' rewards with %d tokens at a time", (microBatchTokens) => {
  const model = loadRewardNetwork(fixtureFolder('llama'), { seed: null })
  const found = computeRewards(model, tokenGroups, { microBatchTokens, dtype: 'float32' })
  expect(found.map((values) => values.length)).toEqual(groups.map((sequences) => sequences.length))
  expect(
    relativeDifference(
      found.flatMap((values) => [...values]),
      rewards,
    ),
  ).toBeLessThan(1e-5)
})

it('repeats the reward of identical responses in the order of the responses', () => {
  const [a, b] = [Int32Array.of(5, 6, 7), Int32Array.of(5, 6, 9, 3)]
  const model = loadRewardNetwork(fixtureFolder('llama'), { seed: null })
  const options = { microBatchTokens: 1, dtype: 'float32' } as const
  const [found] = computeRewards(model, [splitPrefix([a, b, a], false)], options)
  const [alone] = computeRewards(model, [splitPrefix([b], false)], options)
  expect(found?.[2]).toBe(found?.[0])
  expect(found?.[1]).toBeCloseTo(alone?.[0] ?? NaN, 5)
})
