import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backward, noGradient, openSafetensors, ops, scope, tensorFrom, writeSafetensors } from '@rewardkit/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { createRandom } from '../random.ts'
import { readModelConfig } from './config.ts'
import { forward } from './decoder.ts'
import { fixtureFolder, pack, readExpected } from './fixtures/read.ts'
import { checkWeights, loadRewardNetwork } from './load-network.ts'
import type { RewardNetwork } from './reward-network.ts'
import { saveRewardModel } from './save.ts'

const folder = mkdtempSync(join(tmpdir(), 'head-'))
afterAll(() => rmSync(folder, { recursive: true }))
// A language model: a fixture without its head.
beforeAll(() => {
  saveRewardModel(folder, loadRewardNetwork(fixtureFolder('neox'), { seed: null }), { files: {}, padTokenId: 0 })
  const { num_labels: _, id2label: __, ...config } = readModelConfig(folder).raw
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, architectures: ['GPTNeoXForCausalLM'] }))
  scope(() => {
    const file = openSafetensors(join(fixtureFolder('neox'), 'model.safetensors'))
    const names = [...file.entries.keys()].filter((name) => name !== 'score.weight')
    writeSafetensors(join(folder, 'model.safetensors'), Object.fromEntries(names.map((name) => [name, file.get(name)])))
  })
})

const packed = pack(readExpected('neox').groups)
const load = (seed = 1) => loadRewardNetwork(folder, { seed, head: 'mlp' })
const valuesOf = (model: RewardNetwork, name: string) =>
  model.parameters[model.names.indexOf(name)]?.float32() ?? new Float32Array()
const rewardsOf = (model: RewardNetwork) =>
  scope(() => noGradient(() => forward(model, packed, 'float32').float32().slice()))
const meanSquare = (values: Float32Array) => values.reduce((sum, value) => sum + value ** 2, 0) / values.length

describe('an mlp head', () => {
  it('is drawn from the seed: matrices from N(0, 1 / sqrt(inputs + 1)), the bias 0', () => {
    const model = load()
    expect(model.names.slice(-3)).toEqual(['score.0.weight', 'score.0.bias', 'score.2.weight'])
    const hidden = valuesOf(model, 'score.0.weight')
    expect(hidden).toEqual(valuesOf(load(), 'score.0.weight'))
    expect(hidden).not.toEqual(valuesOf(load(2), 'score.0.weight'))
    // 8,192 draws, and 256 of each of 20 seeds: standard errors of 1.6 % and 2 %.
    expect(Math.abs(33 * meanSquare(hidden) - 1)).toBeLessThan(0.06)
    const outer = Float32Array.from(
      Array.from({ length: 20 }, (_, i) => [...valuesOf(load(i), 'score.2.weight')]).flat(),
    )
    expect(Math.abs(257 * meanSquare(outer) - 1)).toBeLessThan(0.08)
    expect(valuesOf(model, 'score.0.bias').every((value) => value === 0)).toBe(true)
    // Not the same draws twice.
    expect(at(valuesOf(model, 'score.2.weight'), 0) / at(hidden, 0)).not.toBeCloseTo(Math.sqrt(33 / 257), 3)
  })

  it('gives w2 · silu(W1 h + b1) of the final hidden state', () => {
    const model = load()
    valuesOf(model, 'score.0.bias').fill(0.3)
    const { hiddenSize } = model.config
    const identity = Float32Array.from({ length: hiddenSize ** 2 }, (_, i) => (i % (hiddenSize + 1) === 0 ? 1 : 0))
    const head = tensorFrom(identity, [hiddenSize, hiddenSize])
    const states = rewardsOf({ ...model, weights: { ...model.weights, hiddenHead: null, head } })
    const [w1, w2] = [valuesOf(model, 'score.0.weight'), valuesOf(model, 'score.2.weight')]
    for (const [row, reward] of rewardsOf(model).entries()) {
      const h = states.subarray(row * hiddenSize, (row + 1) * hiddenSize)
      const expected = w2.reduce((sum, weight, unit) => {
        const x = h.reduce((inner, value, j) => inner + value * at(w1, unit * hiddenSize + j), 0.3)
        return sum + (weight * x) / (1 + Math.exp(-x))
      }, 0)
      expect(reward).toBeCloseTo(expected, 5)
    }
  })

  it('has the gradients that finite differences show', () => {
    const model = load()
    valuesOf(model, 'score.0.bias').fill(0.1)
    const random = createRandom(1, 'finite differences')
    const seed = Float32Array.from(readExpected('neox').rewards, () => random.normal())
    const objective = () => rewardsOf(model).reduce((sum, reward, i) => sum + reward * at(seed, i), 0)
    backward([forward(model, packed, 'float32')], [tensorFrom(seed)])
    for (const name of [...model.names.slice(-3), 'gpt_neox.final_layer_norm.weight', 'gpt_neox.embed_in.weight']) {
      const values = valuesOf(model, name)
      const gradient = model.parameters[model.names.indexOf(name)]?.gradient?.float32() ?? new Float32Array()
      const start = values.slice()
      const direction = Float32Array.from(
        gradient,
        (value) => value + 0.1 * random.normal() * Math.sqrt(meanSquare(gradient)),
      )
      const length = Math.hypot(...direction)
      const objectiveAt = (step: number) => {
        values.set(start.map((value, j) => value + (step * at(direction, j)) / length))
        return objective()
      }
      const h = 0.02
      const slope = (8 * (objectiveAt(h) - objectiveAt(-h)) - (objectiveAt(2 * h) - objectiveAt(-2 * h))) / (12 * h)
      objectiveAt(0)
      const expected = gradient.reduce((sum, value, j) => sum + (value * at(direction, j)) / length, 0)
      expect(Math.abs(slope / expected - 1), name).toBeLessThan(2e-3)
    }
  })

  it('is saved and opened again, detected by its names', () => {
    const out = join(folder, 'saved')
    const model = load()
    saveRewardModel(out, model, { files: {}, padTokenId: 0 })
    expect(checkWeights(out)).toBe('reward-model')
    expect(rewardsOf(loadRewardNetwork(out, { seed: null }))).toEqual(rewardsOf(model))
    // No class of transformers fits it.
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ architectures: [] })
    expect(() => loadRewardNetwork(out, { seed: 0, head: 'linear' })).toThrow(
      `head linear: ${out} already has a head of the kind mlp; give head: 'mlp' to keep it, head: 'new' for a new one`,
    )
    scope(() => {
      const file = openSafetensors(join(out, 'model.safetensors'))
      const names = [...file.entries.keys()].filter((name) => name !== 'score.0.bias')
      const tensors = Object.fromEntries(names.map((name) => [name, ops.clone(file.get(name))]))
      writeSafetensors(join(out, 'model.safetensors'), tensors)
    })
    expect(() => loadRewardNetwork(out, { seed: null })).toThrow('score.0.bias is missing')
  })
})
