import { noGradient, scope } from '@rewardkit/torch'
import { expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { readModelConfig } from './config.ts'
import { forward } from './decoder.ts'
import { fixtureFolder, pack } from './fixtures/read.ts'
import { loadRewardNetwork } from './load-network.ts'
import { maxLengthOf, maxLengthText } from './max-length.ts'

const configOf = (name: 'gpt2' | 'llama') => readModelConfig(fixtureFolder(name)).decoder

it('a model with 48 learned positions reads 48 tokens, and says so once nobody asked for another number', () => {
  const config = configOf('gpt2')
  expect(maxLengthOf(config, undefined)).toBe(48)
  expect(maxLengthText(config, undefined)).toBe('the model has learned 48 positions: it reads at most 48 tokens')
  expect(maxLengthOf(config, 47)).toBe(47)
  expect(maxLengthText(config, 47)).toBeNull()
  expect(maxLengthOf(config, 48)).toBe(48)
})

it('with more learned positions than 2048, the default stays', () => {
  const config = { ...configOf('gpt2'), maxPositions: 4096 }
  expect(maxLengthOf(config, undefined)).toBe(2048)
  expect(maxLengthText(config, undefined)).toBeNull()
  expect(maxLengthOf(config, 4096)).toBe(4096)
})

it('rotary models read what they are asked to, whatever their max_position_embeddings', () => {
  const config = { ...configOf('llama'), maxPositions: 16 }
  expect(maxLengthOf(config, undefined)).toBe(2048)
  expect(maxLengthText(config, undefined)).toBeNull()
  expect(maxLengthOf(config, 4096)).toBe(4096)
})

it('more than the learned positions is refused, also where the model is loaded', () => {
  const message = 'maxLength: 49: the model has learned 48 positions; give maxLength: 48 or less'
  expect(() => maxLengthOf(configOf('gpt2'), 49)).toThrow(InputError)
  expect(() => maxLengthOf(configOf('gpt2'), 49)).toThrow(message)
  const load = () => loadRewardNetwork(fixtureFolder('gpt2'), { seed: null, reading: { maxLength: 49 } })
  expect(load).toThrow(message)
  expect(loadRewardNetwork(fixtureFolder('gpt2'), { seed: null }).reading.maxLength).toBe(48)
})

it('a sequence with more tokens than learned positions is an error, not an index out of range', () => {
  const network = loadRewardNetwork(fixtureFolder('gpt2'), { seed: null })
  const rewards = (length: number) =>
    scope(() => noGradient(() => forward(network, pack([[Array.from({ length }, () => 5)]]), 'float32').float32()[0]))
  expect(Number.isFinite(rewards(48))).toBe(true)
  expect(() => rewards(49)).toThrow('a sequence has more than the 48 positions that the model has learned')
})
