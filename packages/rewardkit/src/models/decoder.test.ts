import { backward, noGradient, openSafetensors, ops, type Safetensors, scope, tensorFrom } from '@rewardkit/torch'
import { describe, expect, it } from 'vitest'
import { join } from 'node:path'
import { at } from '../at.ts'
import type { PackedBatch } from '../tokens/index.ts'
import type { DecoderConfig } from './config.ts'
import { forward } from './decoder.ts'
import {
  fixtureFolder,
  type FixtureName,
  fixtureNames,
  pack,
  readExpected,
  readHidden,
  relativeDifference,
} from './fixtures/read.ts'
import { loadRewardNetwork } from './load-network.ts'
import type { RewardNetwork } from './reward-network.ts'
import type { Rotary } from './rotary-config.ts'
import { type Affine, isStoredTransposed } from './weights.ts'

/** Largest difference to transformers, in standard deviations of the batch's rewards. */
const tolerance = 1e-5

const load = (name: FixtureName) => loadRewardNetwork(fixtureFolder(name), { seed: null })
const rewardsOf = (model: RewardNetwork, packed: PackedBatch, dtype: 'float32' | 'bfloat16' = 'float32') =>
  Float32Array.from(scope(() => noGradient(() => forward(model, packed, dtype).float32())))

const identity = (size: number): Float32Array =>
  Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))

/** For each parameter the norm of the difference to the expected gradient, relative to the expected one's norm. */
function gradientErrors(model: RewardNetwork, expected: Safetensors): Record<string, number> {
  const error = (name: string, i: number) => {
    const found = model.parameters[i]?.gradient
    if (!found) return NaN
    const stored = expected.get(name)
    const isTransposed = isStoredTransposed(model.config, name, found.shape)
    const wanted = isTransposed ? ops.transpose(stored, 0, 1) : stored
    return ops.linalg_vector_norm(ops.sub(found, wanted)).item() / ops.linalg_vector_norm(wanted).item()
  }
  return Object.fromEntries(model.names.map((name, i) => [name, error(name, i)]))
}

describe.each(fixtureNames)('%s', (name) => {
  it('gives the rewards of transformers, prefixes shared', () => {
    const { groups, rewards } = readExpected(name)
    expect(relativeDifference(rewardsOf(load(name), pack(groups)), rewards)).toBeLessThanOrEqual(tolerance)
  })

  it('gives the hidden states of transformers after every layer', () => {
    const { groups } = readExpected(name)
    const sequences = [groups[0]?.[0] ?? [], groups[3]?.[0] ?? []]
    const model = load(name)
    const expected = readHidden(name)
    expect(expected.length).toBe(model.weights.layers.length)
    for (const [i, states] of expected.entries()) {
      // Fewer layers, and a head that lets every component through.
      const head = tensorFrom(identity(model.config.hiddenSize), [model.config.hiddenSize, model.config.hiddenSize])
      const weights = { ...model.weights, layers: model.weights.layers.slice(0, i + 1), head }
      const found = rewardsOf({ ...model, weights }, pack(sequences.map((ids) => [ids])))
      expect(relativeDifference(found, states.flat())).toBeLessThanOrEqual(tolerance)
    }
  })

  it('gives them with every sequence alone', () => {
    const { groups, rewards } = readExpected(name)
    const alone = groups.flat().map((ids) => [ids])
    expect(relativeDifference(rewardsOf(load(name), pack(alone)), rewards)).toBeLessThanOrEqual(tolerance)
  })
})

it.each<FixtureName>(['llama', 'gemma2', 'olmo2', 'gpt2'])('gives the gradients of transformers (%s)', (name) => {
  const { groups, weights } = readExpected(name)
  const model = load(name)
  const expected = openSafetensors(join(fixtureFolder(name), 'gradients.safetensors'))
  backward([forward(model, pack(groups), 'float32')], [tensorFrom(Float32Array.from(weights ?? []))])
  const errors = gradientErrors(model, expected)
  expect(Object.keys(errors).sort()).toEqual([...expected.entries.keys()].sort())
  expect(Object.entries(errors).filter(([, error]) => !(error < 1e-5))).toEqual([])
})

it.each<FixtureName>(['llama', 'gemma2', 'olmo2', 'gpt2'])(
  'carries gradients of a bfloat16 computation to float32 parameters, near those of float32 (%s)',
  (name) => {
    const { groups, weights, rewards } = readExpected(name)
    const model = load(name)
    const expected = openSafetensors(join(fixtureFolder(name), 'gradients.safetensors'))
    const values = forward(model, pack(groups), 'bfloat16')
    expect(values.dtype).toBe('float32')
    const difference = relativeDifference(ops.detach(values).float32(), rewards)
    expect(difference).toBeLessThan(0.2)
    expect(difference).toBeGreaterThan(tolerance)
    backward([values], [tensorFrom(Float32Array.from(weights ?? []))])
    expect(model.parameters.every((parameter) => parameter.gradient?.dtype === 'float32')).toBe(true)
    expect(Object.entries(gradientErrors(model, expected)).filter(([, error]) => !(error < 0.15))).toEqual([])
  },
)

it('runs identical sequences once and repeats their reward', () => {
  const ids = [5, 6, 7, 8]
  const values = rewardsOf(load('llama'), pack([[ids, [5, 6, 9], ids]]))
  expect(values.length).toBe(3)
  expect(values[2]).toBe(values[0])
  expect(values[1]).not.toBe(values[0])
})

it('names a token that the model has no embedding for', () => {
  expect(() => rewardsOf(load('llama'), pack([[[5, 61, 7]]]))).toThrow(
    "token id 61 is beyond the model's 61 embeddings",
  )
})

describe('a wrong model is seen: the difference passes the tolerance by far', () => {
  const difference = (
    name: FixtureName,
    change: (model: RewardNetwork, packed: PackedBatch) => [RewardNetwork, PackedBatch],
  ) => {
    const { groups, rewards } = readExpected(name)
    const [model, packed] = change(load(name), pack(groups))
    return relativeDifference(rewardsOf(model, packed), rewards)
  }
  const seen = 3 * tolerance
  const configured =
    (change: (config: DecoderConfig) => Partial<DecoderConfig>) =>
    (model: RewardNetwork, packed: PackedBatch): [RewardNetwork, PackedBatch] => [
      { ...model, config: { ...model.config, ...change(model.config) } },
      packed,
    ]

  const turned =
    (change: (rotary: Rotary, config: DecoderConfig) => Partial<Rotary>) =>
    (config: DecoderConfig): Partial<DecoderConfig> =>
      config.rotary ? { rotary: { ...config.rotary, ...change(config.rotary, config) } } : {}

  it.each<[string, FixtureName, (config: DecoderConfig) => Partial<DecoderConfig>]>([
    ['theta x 0.9', 'llama', turned(({ theta }) => ({ theta: 0.9 * theta }))],
    ['theta x 0.9', 'neox-sequential', turned(({ theta }) => ({ theta: 0.9 * theta }))],
    ['all dimensions turned', 'neox', turned((_, { headSize }) => ({ dimensions: headSize }))],
    ['no linear scaling', 'llama-linear', turned(() => ({ scaling: { kind: 'none' } }))],
    ['no llama3 scaling', 'llama-llama3', turned(() => ({ scaling: { kind: 'none' } }))],
    ['the other GELU', 'neox', () => ({ activation: 'gelu-tanh' })],
    ['the other GELU', 'neox-sequential', () => ({ activation: 'gelu' })],
    ['epsilon', 'llama', () => ({ normEpsilon: 1e-5 })],
    ['epsilon', 'neox', () => ({ normEpsilon: 1e-6 })],
    ['the other residual', 'neox', () => ({ parallelResidual: false })],
    ['no sliding window', 'mistral', ({ windows }) => ({ windows: windows.map(() => null) })],
    ['a window longer by one', 'mistral', ({ windows }) => ({ windows: windows.map(() => 9) })],
    ['no cap on scores', 'gemma2', () => ({ scoreCap: null })],
    ['another scale of scores', 'gemma2', () => ({ scoreScale: null })],
    ['no sliding window', 'gemma2', ({ windows }) => ({ windows: windows.map(() => null) })],
    ['the sliding window in every layer', 'gemma2', ({ windows }) => ({ windows: windows.map(() => 8) })],
    ['norms that scale by w', 'gemma', () => ({ norm: 'rms' })],
    ['norms that scale by w', 'gemma2', () => ({ norm: 'rms' })],
    ['embeddings that are not scaled', 'gemma', () => ({ embeddingScale: null })],
    ['query, key and value of each head in turn', 'gpt2', () => ({ fusedOrder: 'by-head' })],
    ['the other GELU', 'gpt2', () => ({ activation: 'gelu' })],
  ])('%s (%s)', (_, name, change) => {
    expect(difference(name, configured(change))).toBeGreaterThan(seen)
  })

  it('norms of query and key for each head instead of the whole projection', () => {
    const found = difference('olmo2', ({ config, weights, ...model }, packed) => {
      const ofHead = (norm: Affine | null): Affine | null =>
        norm && { weight: ops.narrow(norm.weight, 0, 0, config.headSize), bias: null }
      const layers = weights.layers.map((layer) => ({
        ...layer,
        queryNorm: ofHead(layer.queryNorm),
        keyNorm: ofHead(layer.keyNorm),
      }))
      return [{ ...model, config: { ...config, queryKeyNorm: 'head' }, weights: { ...weights, layers } }, packed]
    })
    expect(found).toBeGreaterThan(seen)
  })

  it.each<FixtureName>(['qwen3', 'olmo2'])('queries and keys without their norm (%s)', (name) => {
    const found = difference(name, (model, packed) => {
      const layers = model.weights.layers.map((layer) => ({ ...layer, queryNorm: null, keyNorm: null }))
      return [{ ...model, weights: { ...model.weights, layers } }, packed]
    })
    expect(found).toBeGreaterThan(seen)
  })

  it.each<FixtureName>(['llama', 'neox-sequential'])('rotary halves interleaved (%s)', (name) => {
    expect(difference(name, (model, packed) => [interleaved(model), packed])).toBeGreaterThan(seen)
  })

  it.each<FixtureName>(['llama', 'gpt2'])('branches whose positions are off by one (%s)', (name) => {
    const found = difference(name, (model, packed) => {
      const positions = packed.positions.slice()
      for (const { start, prefixLength, branchLengths } of packed.groups) {
        const from = start + prefixLength
        const to = branchLengths.reduce((sum, length) => sum + length, from)
        if (prefixLength > 0) for (let i = from; i < to; i++) positions[i] = (positions[i] ?? 0n) + 1n
      }
      return [model, { ...packed, positions }]
    })
    expect(found).toBeGreaterThan(seen)
  })
})

/** The model with the rows of query and key permuted, as for a rotary that turns neighbours instead of halves. */
function interleaved(model: RewardNetwork): RewardNetwork {
  const { headSize, rotary } = model.config
  const dimensions = rotary?.dimensions ?? 0
  const half = dimensions / 2
  const order = (i: number) => (i < dimensions ? Math.floor(i / 2) + (i % 2) * half : i)
  const permute = (weight: (typeof model.parameters)[number], part: (row: number) => boolean) => {
    const rows = Array.from({ length: at(weight.shape, 0) }, (_, row) =>
      BigInt(part(row) ? row - (row % headSize) + order(row % headSize) : row),
    )
    return ops.index_select(weight, 0, tensorFrom(BigInt64Array.from(rows)))
  }
  const layers = model.weights.layers.map((layer) => {
    const { projections } = layer
    if ('fused' in projections) {
      const { fused } = projections
      const isQueryOrKey = (row: number) => row % (3 * headSize) < 2 * headSize
      const move = (tensor: typeof fused.weight) => permute(tensor, isQueryOrKey)
      return { ...layer, projections: { fused: { weight: move(fused.weight), bias: fused.bias && move(fused.bias) } } }
    }
    const move = ({ weight, bias }: typeof projections.query) => ({ weight: permute(weight, () => true), bias })
    return {
      ...layer,
      projections: { ...projections, query: move(projections.query), key: move(projections.key) },
    }
  })
  return { ...model, weights: { ...model.weights, layers } }
}
