import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noGradient, openSafetensors, ops, scope, type Tensor, tensorFrom, writeSafetensors } from '@rewardkit/torch'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { readModelConfig } from './config.ts'
import { forward } from './decoder.ts'
import {
  fixtureFolder,
  type FixtureName,
  fixtureNames,
  pack,
  readExpected,
  relativeDifference,
} from './fixtures/read.ts'
import { checkWeights, loadRewardNetwork } from './load-network.ts'
import type { RewardNetwork } from './reward-network.ts'
import { saveRewardModel } from './save.ts'

const root = mkdtempSync(join(tmpdir(), 'rewardkit-models-'))
let folder = root
beforeEach(() => {
  folder = mkdtempSync(join(root, 'model-'))
})
afterAll(() => rmSync(root, { recursive: true }))

type Fields = Record<string, unknown>
const readFields = (path: string): Fields => {
  const fields: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return typeof fields === 'object' && fields !== null ? { ...fields } : {}
}

/** Copies a fixture, with other configuration fields, and other tensors where `change` gives them. */
function copyFixture(
  name: FixtureName,
  fields: Fields = {},
  change?: (tensors: Record<string, Tensor>) => Record<string, Tensor>,
): void {
  const config = { ...readFields(join(fixtureFolder(name), 'config.json')), ...fields }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const stored = join(fixtureFolder(name), 'model.safetensors')
  if (!change) copyFileSync(stored, join(folder, 'model.safetensors'))
  else writeSafetensors(join(folder, 'model.safetensors'), change(tensorsOf(name)))
}

function tensorsOf(name: FixtureName): Record<string, Tensor> {
  const file = openSafetensors(join(fixtureFolder(name), 'model.safetensors'))
  return Object.fromEntries([...file.entries.keys()].map((key) => [key, file.get(key)]))
}

/** What config.json of a language model says. */
const languageModel: Fields = { architectures: ['GPTNeoXForCausalLM'], id2label: undefined, num_labels: undefined }

const without = (tensors: Record<string, Tensor>, name: string): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== name))

const rewardsOf = (model: RewardNetwork, name: FixtureName): Float32Array =>
  scope(() =>
    noGradient(() =>
      forward(model, pack(readExpected(name).groups), 'float32')
        .float32()
        .slice(),
    ),
  )

const load = () => loadRewardNetwork(folder, { seed: null })

describe('readModelConfig', () => {
  it.each(fixtureNames)('reads the old form of %s as the new one', (name) => {
    copyFileSync(join(fixtureFolder(name), 'old.json'), join(folder, 'config.json'))
    expect(readModelConfig(folder).decoder).toEqual(readModelConfig(fixtureFolder(name)).decoder)
  })

  it('takes the sliding window of 4096 where Mistral names none, and none for null', () => {
    copyFixture('mistral', { sliding_window: undefined })
    expect(readModelConfig(folder).decoder.windows).toEqual([4096, 4096])
    copyFixture('mistral', { sliding_window: null })
    expect(readModelConfig(folder).decoder.windows).toEqual([null, null])
  })

  it('takes a sliding window in every other layer of Gemma 2 from the first on, where layer_types is absent', () => {
    copyFixture('gemma2', { layer_types: undefined, num_hidden_layers: 3 })
    expect(readModelConfig(folder).decoder.windows).toEqual([8, null, 8])
    copyFixture('gemma2', { layer_types: ['full_attention', 'sliding_attention'], sliding_window: 5 })
    expect(readModelConfig(folder).decoder.windows).toEqual([null, 5])
  })

  it('takes the GELU of early Gemma for its approximation by tanh, as transformers does', () => {
    copyFixture('gemma', { hidden_act: 'gelu' })
    expect(readModelConfig(folder).decoder.activation).toBe('gelu-tanh')
  })

  it('opens a bare decoder, as GPT-2 is published, and ignores its buffers', () => {
    const strip = (name: string) => name.replace('transformer.', '')
    const causal = { 'h.0.attn.bias': ops.ones([1, 1, 4, 4]), 'h.0.attn.masked_bias': ops.ones([]) }
    copyFixture('gpt2', {}, (tensors) => ({
      ...Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [strip(name), tensor])),
      ...causal,
    }))
    expect(relativeDifference(rewardsOf(load(), 'gpt2'), readExpected('gpt2').rewards)).toBeLessThan(1e-5)
  })

  it.each<[string, FixtureName, Fields, RegExp]>([
    ['an unknown architecture', 'llama', { model_type: 'gemma4' }, /model_type is "gemma4".*gpt_neox, llama/],
    ['quantised weights', 'llama', { quantization_config: { bits: 4 } }, /quantised/],
    ['dynamic scaling', 'llama', { rope_parameters: { rope_type: 'dynamic', factor: 2 } }, /'dynamic'.*llama3/],
    ['longrope scaling', 'llama', { rope_parameters: { rope_type: 'longrope' } }, /'longrope'/],
    ['yarn scaling', 'llama', { rope_parameters: { rope_type: 'yarn', factor: 2 } }, /'yarn'/],
    ['old dynamic scaling', 'llama', { rope_parameters: null, rope_scaling: { type: 'dynamic' } }, /'dynamic'/],
    ['a sliding window of Qwen2', 'qwen2', { use_sliding_window: true }, /use_sliding_window/],
    ['another activation', 'llama', { hidden_act: 'gelu' }, /hidden_act is 'gelu'/],
    ['a missing field', 'llama', { hidden_size: undefined }, /hidden_size is missing/],
    ['heads that do not fit', 'neox', { num_attention_heads: 5 }, /5 heads/],
    ['another activation of Gemma', 'gemma', { hidden_act: 'silu' }, /the activation is 'silu'/],
    ['the exact GELU of Gemma 2', 'gemma2', { hidden_activation: 'gelu' }, /the activation is 'gelu'/],
    ['attention to both sides', 'gemma', { use_bidirectional_attention: true }, /use_bidirectional_attention/],
    ['layer types of another model', 'gemma2', { layer_types: ['full_attention'] }, /names 1 layer, but .* 2/],
    ['an unknown layer type', 'gemma2', { layer_types: ['full_attention', 'linear'] }, /layer_types.1 is "linear"/],
    [
      'scores scaled by the layer',
      'gpt2',
      { scale_attn_by_inverse_layer_idx: true },
      /scale_attn_by_inverse_layer_idx/,
    ],
    ['cross-attention', 'gpt2', { add_cross_attention: true }, /add_cross_attention/],
  ])('refuses %s by name', (_, name, fields, message) => {
    copyFixture(name, fields)
    const read = () => readModelConfig(folder)
    expect(read).toThrow(InputError)
    expect(read).toThrow(message)
    expect(read).toThrow(join(folder, 'config.json'))
    expect(read).not.toThrow(/\n/)
  })

  it('refuses a folder without config.json, and one that is not JSON', () => {
    expect(() => readModelConfig(folder)).toThrow(/has no config.json/)
    writeFileSync(join(folder, 'config.json'), '{"model_type": ')
    expect(() => readModelConfig(folder)).toThrow(/config.json: not JSON/)
    writeFileSync(join(folder, 'adapter_config.json'), '{}')
    expect(() => readModelConfig(folder)).toThrow(/LoRA adapter without its base model; merge/)
  })
})

describe('loadRewardNetwork', () => {
  it('names weights that are missing, unexpected or of the wrong shape', () => {
    const key = 'model.layers.1.self_attn.k_proj.weight'
    copyFixture('llama', {}, (tensors) => without(tensors, key))
    expect(load).toThrow(InputError)
    expect(load).toThrow(`${key} is missing`)
    copyFixture('llama', {}, (tensors) => ({ ...tensors, 'model.layers.2.extra.weight': ops.ones([2]) }))
    expect(load).toThrow('model.layers.2.extra.weight is unexpected')
    copyFixture('llama', { num_key_value_heads: 4 })
    expect(load).toThrow(`model.layers.0.self_attn.k_proj.weight is [16, 32], expected [32, 32]`)
    copyFixture('llama', {}, (tensors) => ({ ...tensors, 'score.weight': ops.ones([2, 32]) }))
    expect(load).toThrow('score.weight is [2, 32], expected [1, 32]')
  })

  it('refuses truncated, malformed and missing weights', () => {
    copyFixture('llama')
    truncateSync(join(folder, 'model.safetensors'), 20_000)
    expect(load).toThrow(InputError)
    expect(load).toThrow(/model.safetensors.*truncated/)
    writeFileSync(join(folder, 'model.safetensors'), 'not a safetensors file')
    expect(load).toThrow(InputError)
    rmSync(join(folder, 'model.safetensors'))
    expect(load).toThrow(/has no model.safetensors/)
  })

  it('reads weights in several files', () => {
    copyFixture('llama')
    rmSync(join(folder, 'model.safetensors'))
    const tensors = Object.entries(tensorsOf('llama'))
    const shards = { 'a.safetensors': tensors.slice(0, 5), 'b.safetensors': tensors.slice(5) }
    for (const [name, part] of Object.entries(shards)) writeSafetensors(join(folder, name), Object.fromEntries(part))
    const map = Object.entries(shards).flatMap(([name, part]) => part.map(([key]) => [key, name]))
    const index = { weight_map: Object.fromEntries(map) as unknown }
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
    expect(relativeDifference(rewardsOf(load(), 'llama'), readExpected('llama').rewards)).toBeLessThan(1e-5)
    rmSync(join(folder, 'b.safetensors'))
    expect(load).toThrow(/b.safetensors, which is missing/)
    const outside = { weight_map: { 'score.weight': '../b.safetensors' } }
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(outside))
    expect(load).toThrow(/names "..\/b.safetensors"; expected the name of a file beside it/)
  })

  it.each(['float16', 'bfloat16'] as const)('copies weights stored in %s into float32', (dtype) => {
    copyFixture('llama', {}, (tensors) =>
      Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, ops.to(tensor, dtype)])),
    )
    const model = load()
    expect(new Set(model.parameters.map((parameter) => parameter.dtype))).toEqual(new Set(['float32']))
    expect(model.parameters.every((parameter) => parameter.requiresGradient)).toBe(true)
    const stored = tensorsOf('llama')
    const differing = model.names.filter((name, i) => {
      const [parameter, original] = [model.parameters[i], stored[name]]
      return !parameter || !original || !ops.equal(ops.detach(parameter), ops.to(ops.to(original, dtype), 'float32'))
    })
    expect(differing).toEqual([])
  })

  it('gives a language model a head from the seed, and leaves its output head and old buffers out', () => {
    copyFixture('neox', languageModel, (tensors) => ({
      ...without(tensors, 'score.weight'),
      'embed_out.weight': ops.ones([61, 32]),
      'gpt_neox.layers.0.attention.rotary_emb.inv_freq': ops.ones([1]),
      'gpt_neox.layers.0.attention.bias': ops.ones([1, 1, 4, 4]),
      'gpt_neox.layers.0.attention.masked_bias': ops.ones([]),
    }))
    const head = (seed: number) => [...ops.detach(loadRewardNetwork(folder, { seed }).weights.head).float32()]
    expect(head(1)).toEqual(head(1))
    expect(head(1)).not.toEqual(head(2))
    const draws = Array.from({ length: 100 }, (_, seed) => head(seed)).flat()
    const variance = draws.reduce((sum, value) => sum + value ** 2, 0) / draws.length
    // 3,200 draws: the variance's own standard error is 2.5 %.
    expect(Math.abs(variance * 33 - 1)).toBeLessThan(0.1)
    expect(load).toThrow('score.weight is missing: it is not a reward model; train it first, or name a reward model')
  })

  const { rewards } = readExpected('llama')
  const renamed =
    (weight: string, more: Record<string, Tensor> = {}) =>
    ({ 'score.weight': head, ...rest }: Record<string, Tensor>) => ({
      ...rest,
      ...more,
      ...(head && { [weight]: head }),
    })

  it.each<[string, Fields, string, number]>([
    ["OpenRLHF's value head", {}, 'value_head.weight', 0],
    ['a head of the name that config.json gives', { value_head_prefix: 'reward' }, 'reward.weight', 0],
    ["TRL's value head with its bias", {}, 'v_head.summary.weight', 0.75],
  ])('opens %s', (_, fields, name, bias) => {
    const extra = bias === 0 ? {} : { 'v_head.summary.bias': tensorFrom(Float32Array.of(bias)) }
    copyFixture('llama', fields, renamed(name, extra))
    const expected = rewards.map((reward) => reward + bias)
    expect(relativeDifference(rewardsOf(load(), 'llama'), expected)).toBeLessThan(1e-5)
  })

  it("reads LLaMA-Factory's value head beside a language model's weights, its bias included", () => {
    copyFixture('llama', {}, (tensors) => without(tensors, 'score.weight'))
    const { 'score.weight': head = ops.zeros([1]) } = tensorsOf('llama')
    const bias = tensorFrom(Float32Array.of(-0.375))
    const file = join(folder, 'value_head.safetensors')
    writeSafetensors(file, { 'v_head.summary.weight': head, 'v_head.summary.bias': bias })
    const expected = rewards.map((reward) => reward - 0.375)
    expect(relativeDifference(rewardsOf(load(), 'llama'), expected)).toBeLessThan(1e-5)
    expect(load().headOrigin).toEqual({
      kind: 'value-head',
      tensor: 'v_head.summary.weight',
      file: 'value_head.safetensors',
    })
    saveRewardModel(join(folder, 'saved'), load(), { files: {}, padTokenId: 0 })
    const again = loadRewardNetwork(join(folder, 'saved'), { seed: null })
    expect(relativeDifference(rewardsOf(again, 'llama'), expected)).toBeLessThan(1e-5)
    expect(again.headOrigin).toEqual({ kind: 'kept' })
    // A new head has neither its weights nor its bias.
    const drawn = loadRewardNetwork(folder, { seed: 5, head: 'new' })
    expect(drawn).toMatchObject({ headOrigin: { kind: 'drawn', seed: 5 }, rewardConstant: 0 })
    expect(ops.equal(ops.detach(drawn.weights.head), head)).toBe(false)
  })

  it('refuses two heads', () => {
    copyFixture('llama')
    writeSafetensors(join(folder, 'value_head.safetensors'), { 'v_head.summary.weight': ops.zeros([1, 32]) })
    expect(load).toThrow(/two heads: score.weight in model.safetensors and v_head.summary.weight in value_head.safete/)
  })

  it.each<[string, Fields]>([
    ['GPTNeoXForSequenceClassification', {}],
    ['value_head_prefix', { ...languageModel, value_head_prefix: 'value' }],
    ['one label', { ...languageModel, id2label: { 0: 'LABEL_0' } }],
  ])('a folder that claims to be a reward model (%s) has a head, or --head new', (claim, fields) => {
    copyFixture('neox', fields, (tensors) => without(tensors, 'score.weight'))
    expect(() => loadRewardNetwork(folder, { seed: 1 })).toThrow(
      `by its config.json (${claim}) it is a reward model, but`,
    )
    writeFileSync(join(folder, 'value_head.bin'), '')
    expect(() => checkWeights(folder, 'linear')).toThrow(/save value_head.bin as value_head.safetensors/)
    expect(checkWeights(folder, 'new')).toBe('language-model')
    expect(loadRewardNetwork(folder, { seed: 1, head: 'new' }).headOrigin).toEqual({ kind: 'drawn', seed: 1 })
  })

  it('--head new draws another head in place of the one that is there', () => {
    copyFixture('neox')
    const head = (choice: 'linear' | 'new') => {
      const model = loadRewardNetwork(folder, { seed: 1, head: choice })
      return [...ops.detach(model.weights.head).float32()]
    }
    const { 'score.weight': stored = ops.zeros([1]) } = tensorsOf('neox')
    expect(head('linear')).toEqual([...stored.float32()])
    copyFixture('neox', languageModel, (tensors) => without(tensors, 'score.weight'))
    const drawn = head('linear')
    copyFixture('neox')
    expect(head('new')).toEqual(drawn)
  })

  it('tells shards without an index, and those that are missing', () => {
    copyFixture('llama')
    rmSync(join(folder, 'model.safetensors'))
    writeFileSync(join(folder, 'model-00001-of-00003.safetensors'), '')
    writeFileSync(join(folder, 'model-00003-of-00003.safetensors'), '')
    expect(load).toThrow(
      /has model-00001-of-00003.safetensors, model-00003-of-00003.safetensors, but no model.safetensors.index.json, and no model-00002-of-00003.safetensors/,
    )
    const weight_map = { a: 'model-00001-of-00003.safetensors', b: 'x.safetensors', c: 'y.safetensors' }
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map }))
    expect(load).toThrow(/names x.safetensors, y.safetensors, which are missing/)
  })

  it('reads a whole model that has an adapter beside it', () => {
    copyFixture('llama')
    writeFileSync(join(folder, 'adapter_config.json'), '{}')
    expect(rewardsOf(load(), 'llama')).toHaveLength(rewards.length)
  })

  it("gives OpenRLHF's normalised rewards, also after saving", () => {
    const [mean, std] = [-1.25, 0.4]
    copyFixture('llama', { normalize_reward: true, mean, std }, renamed('value_head.weight'))
    const expected = rewards.map((reward) => (reward - mean) / std)
    expect(relativeDifference(rewardsOf(load(), 'llama'), expected)).toBeLessThan(1e-5)
    const out = join(folder, 'saved')
    saveRewardModel(out, load(), { files: {}, padTokenId: 0 })
    const again = loadRewardNetwork(out, { seed: null })
    expect(relativeDifference(rewardsOf(again, 'llama'), expected)).toBeLessThan(1e-5)
    expect(readFields(join(out, 'config.json'))).not.toHaveProperty('normalize_reward')
  })

  it('leaves the normaliser out where OpenRLHF does: normalize_reward is false', () => {
    copyFixture('llama', { normalize_reward: false, mean: 3, std: 2 }, renamed('value_head.weight'))
    expect(relativeDifference(rewardsOf(load(), 'llama'), rewards)).toBeLessThan(1e-5)
  })
})

it('a model without truncation_rule was trained by rule 1; a folder that is not ours says nothing', () => {
  copyFixture('llama')
  const rule = () => loadRewardNetwork(folder, { seed: null }).truncationRule
  expect(rule()).toBe(2)
  writeFileSync(join(folder, 'rewardkit.json'), JSON.stringify({ schema_version: 1, reading: { max_length: 80 } }))
  expect(rule()).toBe(1)
  expect(loadRewardNetwork(folder, { seed: 1 }).truncationRule).toBe(2)
  rmSync(join(folder, 'rewardkit.json'))
})

describe('saveRewardModel', () => {
  const tokenizer = { files: { 'tokenizer.json': '{}' }, padTokenId: 3 }
  const reading = {
    maxLength: 47,
    truncation: 'drop',
    pool: 'template-end',
    transcripts: 'as-is',
    plainTexts: 'messages',
    specialTokensInText: 'parse',
    templateDate: '2026-07-26',
  } as const

  it.each(fixtureNames)('keeps %s: weights, rewards, configuration, and how texts are read', (name) => {
    const out = join(folder, 'saved')
    const model = loadRewardNetwork(fixtureFolder(name), { seed: null, reading })
    saveRewardModel(out, model, tokenizer)
    // A second time: the folder is replaced.
    saveRewardModel(out, model, tokenizer)
    const again = loadRewardNetwork(out, { seed: null })
    expect(again.reading).toEqual(reading)
    expect(again.truncationRule).toBe(2)
    expect(again.config).toEqual(model.config)
    expect(rewardsOf(again, name)).toEqual(rewardsOf(model, name))
    const stored = openSafetensors(join(out, 'model.safetensors'))
    const original = openSafetensors(join(fixtureFolder(name), 'model.safetensors'))
    expect([...stored.entries.keys()].sort()).toEqual([...original.entries.keys()].sort())
    const config = readFields(join(out, 'config.json'))
    expect(config).toMatchObject({ id2label: { 0: 'LABEL_0' }, pad_token_id: 3, tie_word_embeddings: false })
    expect(config['architectures']).toEqual(readFields(join(fixtureFolder(name), 'config.json'))['architectures'])
    expect(readFileSync(join(out, 'tokenizer.json'), 'utf8')).toBe('{}')
  })

  it('writes caps as decimal numbers: transformers refuses to open a model whose cap is 50 instead of 50.0', () => {
    const out = join(folder, 'saved')
    saveRewardModel(out, loadRewardNetwork(fixtureFolder('gemma2'), { seed: null }), tokenizer)
    const text = readFileSync(join(out, 'config.json'), 'utf8')
    expect(text).toContain('"attn_logit_softcapping": 50.0,\n')
    expect(text).toContain('"final_logit_softcapping": 30.0,\n')
  })
})
