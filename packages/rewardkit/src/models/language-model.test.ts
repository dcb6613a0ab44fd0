import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noGradient, openSafetensors, type Tensor, writeSafetensors } from '@rewardkit/torch'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { at } from '../at.ts'
import { splitPrefix } from '../tokens/encode.ts'
import { fixtureFolder, type FixtureName, fixtureNames, readExpected } from './fixtures/read.ts'
import { type LanguageModel, loadLanguageModel } from './language-model.ts'
import { responseLikelihoods } from './log-probabilities.ts'

const fixtures = join(import.meta.dirname, 'fixtures')
const root = mkdtempSync(join(tmpdir(), 'rewardkit-language-models-'))
afterAll(() => rmSync(root, { recursive: true }))

const expected = z
  .record(z.string(), z.object({ untied: z.array(z.number()), tied: z.array(z.number()) }))
  .parse(JSON.parse(readFileSync(join(fixtures, 'log-likelihoods.json'), 'utf8')))

/** The decoder of a fixture with the output head of lm-head.safetensors, as a language model. */
function writeLanguageModel(
  name: FixtureName,
  {
    isTied,
    change = (tensors) => tensors,
  }: {
    isTied: boolean
    change?: (tensors: Record<string, Tensor>) => Record<string, Tensor>
  },
): string {
  const folder = mkdtempSync(join(root, `${name}-`))
  const config = JSON.parse(readFileSync(join(fixtureFolder(name), 'config.json'), 'utf8')) as Record<string, unknown>
  const isNeox = config['model_type'] === 'gpt_neox'
  const { id2label: _, label2id: __, num_labels: ___, ...fields } = config
  const model = { ...fields, architectures: ['AnyForCausalLM'], tie_word_embeddings: isTied }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(model))
  const file = openSafetensors(join(fixtureFolder(name), 'model.safetensors'))
  const tensors = Object.fromEntries([...file.entries.keys()].map((key) => [key, file.get(key)]))
  delete tensors['score.weight']
  const head = openSafetensors(join(fixtures, 'lm-head.safetensors')).get('lm_head.weight')
  const all = isTied ? tensors : { ...tensors, [isNeox ? 'embed_out.weight' : 'lm_head.weight']: head }
  writeSafetensors(join(folder, 'model.safetensors'), change(all))
  return folder
}

/** The log-likelihoods of the fixture's sequences, given their first half, with prefixes shared. */
function likelihoods(model: LanguageModel, name: FixtureName, dtype: 'float32' | 'bfloat16' = 'float32') {
  const groups = readExpected(name).groups.map((sequences) => ({
    ...splitPrefix(
      sequences.map((ids) => Int32Array.from(ids)),
      false,
    ),
    starts: sequences.map((ids) => Math.floor(ids.length / 2)),
  }))
  return noGradient(() => responseLikelihoods(model, groups, dtype))
}

const largestDifference = (found: readonly { readonly sum: number }[], wanted: readonly number[]) =>
  found.length === wanted.length
    ? Math.max(...wanted.map((value, i) => Math.abs(at(found, i).sum - value) / Math.max(1, Math.abs(value))))
    : Infinity

describe.each(fixtureNames)('%s', (name) => {
  it.each([false, true])('gives the log-likelihoods of transformers (tied: %s)', (isTied) => {
    const model = loadLanguageModel(writeLanguageModel(name, { isTied }))
    const found = likelihoods(model, name)
    const wanted = expected[name]?.[isTied ? 'tied' : 'untied'] ?? []
    expect(largestDifference(found, wanted)).toBeLessThan(1e-5)
    expect(model.isTied).toBe(isTied)
    expect(found.map(({ tokens }) => tokens)).toEqual(
      readExpected(name).groups.flatMap((group) =>
        group.map((ids) => ids.length - Math.max(1, Math.floor(ids.length / 2))),
      ),
    )
  })
})

it('bfloat16 comes near', () => {
  const model = loadLanguageModel(writeLanguageModel('llama', { isTied: false }))
  const difference = largestDifference(likelihoods(model, 'llama', 'bfloat16'), expected['llama']?.untied ?? [])
  expect(difference).toBeLessThan(0.05)
  expect(difference).toBeGreaterThan(1e-5)
})

it('a family that caps its logits is wrong without the cap', () => {
  const model = loadLanguageModel(writeLanguageModel('gemma2', { isTied: false }))
  expect(model.config.logitCap).toBe(30)
  const uncapped = { ...model, config: { ...model.config, logitCap: null } }
  expect(largestDifference(likelihoods(uncapped, 'gemma2'), expected['gemma2']?.untied ?? [])).toBeGreaterThan(1e-4)
})

describe('loadLanguageModel', () => {
  it('refuses a reward model', () => {
    expect(() => loadLanguageModel(fixtureFolder('llama'))).toThrow(
      /it is a reward model \(LlamaForSequenceClassification\), without the output head of a language model/,
    )
  })

  it('names a head that is missing', () => {
    const folder = writeLanguageModel('llama', {
      isTied: false,
      change: (tensors) => Object.fromEntries(Object.entries(tensors).filter(([key]) => key !== 'lm_head.weight')),
    })
    expect(() => loadLanguageModel(folder)).toThrow(/do not fit config\.json: lm_head\.weight is missing/)
  })

  it('ties the embedding by the family where config.json does not say', () => {
    for (const [name, isTied] of [
      ['gpt2', true],
      ['qwen2', false],
    ] as const) {
      const folder = writeLanguageModel(name, { isTied })
      const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, tie_word_embeddings: undefined }))
      expect(loadLanguageModel(folder).isTied).toBe(isTied)
    }
  })
})
