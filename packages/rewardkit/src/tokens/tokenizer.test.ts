import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync, cpSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { expected, folderOf, hard } from './fixtures/fixtures.ts'
import { describeTokens, loadTokenizer } from './tokenizer.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

/** A copy of a fixture folder with some files replaced. */
function edited(name: string, files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tokenizer-'))
  folders.push(folder)
  cpSync(folderOf(name), folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

describe.each(Object.entries(expected))('the tokenizer %s', (name, { texts, special, conversations }) => {
  test('gives the ids of Python, with and without special tokens', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const inputs = texts.map(({ text }) => text)
    const full = await tokenizer.encode(inputs, { addSpecialTokens: true })
    const bare = await tokenizer.encode(inputs, { addSpecialTokens: false })
    expect(full.map((ids) => [...ids])).toEqual(texts.map(({ ids }) => ids))
    expect(bare.map((ids) => [...ids])).toEqual(texts.map((text) => text.bare))
  })

  test('knows its special tokens', async () => {
    const { bos, eos, unk, pad } = await loadTokenizer(folderOf(name))
    const found = Object.entries({ bos, eos, unk, pad }).flatMap(([key, token]) => (token ? [[key, token.id]] : []))
    expect(Object.fromEntries(found)).toEqual(special)
  })

  test('renders conversations as transformers does', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const { chat } = tokenizer
    expect(chat === undefined).toBe(conversations.length === 0)
    const rendered = conversations.map(({ messages }) => chat?.render(messages))
    expect(rendered).toEqual(conversations.map((conversation) => conversation.rendered))
    const ids = await tokenizer.encode(rendered.map(String), { addSpecialTokens: false })
    expect(ids.map((sequence) => [...sequence])).toEqual(conversations.map((conversation) => conversation.ids))
  })
})

describe.each(Object.entries(hard))('the tokenizer %s gives the ids of Python', (name, { runs, texts }) => {
  test('for control characters and written-out special tokens', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const ids = await tokenizer.encode(
      texts.map(({ text }) => text),
      { addSpecialTokens: true },
    )
    expect(ids.map((sequence) => [...sequence])).toEqual(texts.map((text) => text.ids))
  })

  test.each(runs)('for $count times $text', async ({ text, count, length, sha256 }) => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const [ids = new Int32Array()] = await tokenizer.encode([text.repeat(count)], { addSpecialTokens: true })
    expect(ids).toHaveLength(length)
    expect(createHash('sha256').update(ids.join(' ')).digest('hex')).toBe(sha256)
  })
})

test.each([
  ['digit-split', ['<|im_end|>'], '\n', true],
  ['pattern', ['<|turn|>', '<|end|>'], '', true],
  ['pieces', ['</s>'], '', true],
  ['words', ['</s>'], '', false],
])('reads from the template of %s how a conversation ends', async (name, ends, tail, present) => {
  const tokenizer = await loadTokenizer(folderOf(name))
  const ending = tokenizer.chat?.ending
  expect([...(ending?.endIds ?? [])].map((id) => tokenizer.tokenOf(id))).toEqual(ends)
  expect(ending?.present).toBe(present)
  expect(ending && ending.tail.length > 0 ? await tokenizer.decode(ending.tail) : '').toBe(tail)
})

test('shows special tokens in the text of a sequence', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const text = '<|im_start|>user\nthe 9¾ cups<|im_end|>'
  const [ids = new Int32Array()] = await tokenizer.encode([text], { addSpecialTokens: false })
  expect(await describeTokens(ids, tokenizer)).toBe(text)
})

test('built-in truncation and padding of tokenizer.json do not touch the ids', async () => {
  const plain = await loadTokenizer(folderOf('plain-bytes'))
  const state = z.record(z.string(), z.unknown()).parse(JSON.parse(plain.files.tokenizerJson))
  const truncation = { direction: 'Right', max_length: 3, strategy: 'LongestFirst', stride: 0 }
  const padding = { strategy: { Fixed: 9 }, direction: 'Left', pad_id: 1, pad_type_id: 0, pad_token: '<|padding|>' }
  const text = JSON.stringify({ ...state, truncation, padding })
  const tokenizer = await loadTokenizer(edited('plain-bytes', { 'tokenizer.json': text }))
  const inputs = ['x', 'the cook asks the garden']
  const options = { addSpecialTokens: true }
  expect(await tokenizer.encode(inputs, options)).toEqual(await plain.encode(inputs, options))
})

describe('one clear line for', () => {
  const failure = async (folder: string) => {
    const error: unknown = await loadTokenizer(folder).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    const message = error instanceof Error ? error.message : ''
    expect(message).not.toContain('\n')
    expect(message).toContain(folder)
    return message
  }

  test('a folder that is not a model folder, and one without tokenizer.json', async () => {
    expect(await failure(join(tmpdir(), 'no-such-model'))).toMatch(
      /has no config\.json; give a Hugging Face model folder/,
    )
    const folder = edited('words', { 'config.json': '{}' })
    rmSync(join(folder, 'tokenizer.json'))
    expect(await failure(folder)).toMatch(/tokenizer\.json: no such file/)
  })
  test('broken JSON', async () => {
    expect(await failure(edited('words', { 'tokenizer.json': '{"model": ' }))).toMatch(
      /tokenizer\.json: not valid JSON/,
    )
  })
  test('JSON that is not a tokenizer', async () => {
    expect(await failure(edited('words', { 'tokenizer.json': '[]' }))).toMatch(/tokenizer\.json: /)
    expect(await failure(edited('words', { 'tokenizer.json': '{"model": {"type": "Magic"}}' }))).toMatch(
      /tokenizer\.json: not a tokenizer that can be loaded/,
    )
  })
  test('a special token outside the vocabulary', async () => {
    const config = JSON.stringify({ eos_token: '<nowhere>' })
    expect(await failure(edited('words', { 'tokenizer_config.json': config }))).toMatch(
      /tokenizer_config\.json: eos_token "<nowhere>" is not in the vocabulary/,
    )
  })
  test('a special token of the wrong type', async () => {
    const config = JSON.stringify({ eos_token: 3 })
    expect(await failure(edited('words', { 'tokenizer_config.json': config }))).toMatch(
      /tokenizer_config\.json: eos_token/,
    )
  })
  test('several chat templates of which none is the default one', async () => {
    const config = (templates: unknown) => ({ 'tokenizer_config.json': JSON.stringify({ chat_template: templates }) })
    const named = [
      { name: 'tool_use', template: 'a' },
      { name: 'rag', template: 'b' },
    ]
    const message =
      /chat templates "tool_use", "rag", expected one named "default"; write the one .* to chat_template.jinja/
    expect(await failure(edited('words', config(named)))).toMatch(message)
    expect(await failure(edited('words', config({ tool_use: 'a', rag: 'b' })))).toMatch(message)
    const chosen = "{{ messages[-1]['content'] }}"
    const { chat } = await loadTokenizer(edited('words', { ...config(named), 'chat_template.jinja': chosen }))
    expect(chat?.render([{ role: 'assistant', content: 'chosen' }])).toBe('chosen')
  })
  test('a broken chat template', async () => {
    const template = '{% for message in messages %}{{ message.content }}'
    expect(await failure(edited('words', { 'chat_template.jinja': template }))).toMatch(
      /chat_template\.jinja: .*template/,
    )
  })
  test('a template that refuses the conversation', async () => {
    const { chat, files } = await loadTokenizer(folderOf('pieces'))
    const refused = () => chat?.render([{ role: 'assistant', content: 'first' }])
    expect(refused).toThrow(InputError)
    expect(refused).toThrow(`${files.folder}/tokenizer_config.json`)
    expect(refused).toThrow('roles must alternate user/assistant')
  })
})
