import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createModelFolder, loadRewardNetwork, saveRewardModel } from '../models/index.ts'
import { inProgramWords } from '../phrase.ts'
import { folderOf } from '../tokens/fixtures/fixtures.ts'
import { choosePadToken, loadTokenizer, savedTokenizerFiles } from '../tokens/index.ts'
import { checkModelFolder, writeRewardCheck } from './reward-check.ts'

const root = mkdtempSync(join(tmpdir(), 'reward-check-'))
afterAll(() => rmSync(root, { recursive: true }))

/** An untrained language model with a fixture's tokenizer, and a reward model saved from it. */
async function makeModels(name: string): Promise<{ language: string; reward: string }> {
  const [language, reward] = [join(root, `${name}-language`), join(root, `${name}-reward`)]
  const tokenizer = await loadTokenizer(folderOf(name))
  const sizes = { hiddenSize: 16, intermediateSize: 32, layers: 2, heads: 2, maxPositions: 128, initializerRange: 0.3 }
  const ids = { endTokenId: tokenizer.eos?.id ?? 0, padTokenId: choosePadToken(tokenizer)?.id ?? 0 }
  const files = savedTokenizerFiles(tokenizer)
  createModelFolder(language, { ...sizes, ...ids, vocabularySize: tokenizer.vocabularySize, seed: 0 }, files)
  const model = loadRewardNetwork(language, { seed: 1 })
  saveRewardModel(reward, model, { files, padTokenId: ids.padTokenId })
  await writeRewardCheck(reward, model)
  return { language, reward }
}

let chat: { language: string; reward: string }
beforeAll(async () => {
  chat = await makeModels('digit-split')
})
let folder = root
beforeEach(() => {
  folder = mkdtempSync(join(root, 'model-'))
  cpSync(chat.reward, folder, { recursive: true })
})

const fileSchema = z.looseObject({
  tolerance: z.number(),
  conversations: z.array(
    z.looseObject({
      name: z.string(),
      text: z.string().optional(),
      ids: z.array(z.number()).optional(),
      reward: z.number().optional(),
      unreadable: z.string().optional(),
    }),
  ),
})
const read = (model: string) => fileSchema.parse(JSON.parse(readFileSync(join(model, 'reward_check.json'), 'utf8')))
const edit = (file: string, from: string | RegExp, to: string) => {
  const text = readFileSync(join(folder, file), 'utf8')
  expect(text).toMatch(from)
  writeFileSync(join(folder, file), text.replace(from, to))
}
const problems = async () => {
  const checks = await checkModelFolder(folder)
  return checks.flatMap(({ name, problem }) => (problem ? [`${name}: ${inProgramWords(problem)}`] : [])).join('\n')
}

test('a saved model holds eight conversations with text, ids and reward', () => {
  const { conversations, tolerance } = read(folder)
  expect(conversations).toHaveLength(8)
  for (const { text, ids = [], reward } of conversations) {
    expect(text).toContain('<|im_start|>assistant\n')
    expect(ids.length).toBeGreaterThan(3)
    expect(Number.isFinite(reward)).toBe(true)
  }
  expect(tolerance).toBeGreaterThan(0)
  expect(new Set(conversations.map(({ reward }) => reward)).size).toBe(8)
})

test.each(['digit-split', 'plain-bytes', 'pattern', 'pieces', 'pieces-metaspace'])(
  'a model with the tokenizer %s is found as it was saved',
  async (name) => {
    const { reward } = name === 'digit-split' ? chat : await makeModels(name)
    const checks = await checkModelFolder(reward)
    expect(checks.map((check) => [check.name, check.ok])).toEqual([
      ['model', true],
      ['weights', true],
      ['rewards', true],
    ])
    expect(checks.at(-1)?.found).toContain('8 conversations are as saved')
  },
)

test('a language model has no rewards to compare', async () => {
  const [, weights, rewards] = await checkModelFolder(chat.language)
  expect(weights).toMatchObject({ ok: true, found: 'a causal language model: train gives it a head' })
  expect(rewards).toMatchObject({ ok: true, found: 'no reward_check.json to compare with' })
})

describe('tells what differs:', () => {
  test('the chat template', async () => {
    edit('chat_template.jinja', 'Be brief.', 'Be quick.')
    expect(await problems()).toMatch(/^rewards: .*reward_check\.json: the text of short differs; /)
  })
  test('the way texts are read', async () => {
    edit('rewardkit.json', '"neutralise"', '"parse"')
    expect(await problems()).toMatch(/^rewards: .*: the ids of special tokens differ from position \d+$/)
    edit('rewardkit.json', '"parse"', '"refuse"')
    expect(await problems()).toMatch(/: special tokens is refused, was readable$/)
  })
  test('the rotary base', async () => {
    edit('config.json', '"rope_theta": 10000', '"rope_theta": 9000')
    expect(await problems()).toMatch(/: the reward of short is .*, was .* \(tolerance .*\)/)
  })
  test('a weight', async () => {
    const path = join(folder, 'model.safetensors')
    const bytes = readFileSync(path)
    bytes.writeFloatLE(bytes.readFloatLE(bytes.length - 4) + 0.01, bytes.length - 4)
    writeFileSync(path, bytes)
    expect(await problems()).toMatch(/^rewards: /)
  })
  test('the shape of weights', async () => {
    edit('config.json', '"intermediate_size": 32', '"intermediate_size": 33')
    expect(await problems()).toMatch(/^weights: .*mlp\.gate_proj\.weight is \[32, 16\], expected \[33, 16\]/)
  })
  test('truncated weights', async () => {
    truncateSync(join(folder, 'model.safetensors'), 5000)
    expect(await problems()).toMatch(/^weights: .*truncated/)
  })
  test('no weights', async () => {
    rmSync(join(folder, 'model.safetensors'))
    expect(await problems()).toMatch(/^weights: .*has no model\.safetensors/)
  })
  test('a broken reward_check.json', async () => {
    writeFileSync(join(folder, 'reward_check.json'), '{"schema_version": 1}')
    expect(await problems()).toMatch(/^rewards: .*reward_check\.json: not what RewardKit writes/)
  })
  test('no tokenizer', async () => {
    rmSync(join(folder, 'tokenizer.json'))
    expect(await problems()).toMatch(/^model: .*tokenizer\.json: no such file/)
  })
})

test('a template that refuses system turns leaves that conversation unread', async () => {
  const template =
    "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content + eos_token }}{% endfor %}"
  writeFileSync(join(folder, 'chat_template.jinja'), template)
  await writeRewardCheck(folder, loadRewardNetwork(folder, { seed: null }))
  const unread = read(folder).conversations.filter(({ unreadable }) => unreadable !== undefined)
  expect(unread).toMatchObject([{ name: 'system', unreadable: 'refused' }])
  expect(await problems()).toBe('')
})
