import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Group, Message, TextForm } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { createRandom } from '../random.ts'
import { compileChatTemplate } from './chat-template.ts'
import { encodeGroup, type EncodeOptions } from './encode.ts'
import { expected, folderOf, hard } from './fixtures/fixtures.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (content: string): Message => ({ role: 'assistant', content })

function conversation(messages: readonly Message[], form: TextForm = 'messages', more: Partial<Group> = {}): Group {
  const [prompt, response] = [messages.slice(0, -1), messages.slice(-1)]
  return { id: 'line-17', promptId: '', form, prompt, responses: [response], preferences: [], ...more }
}

async function encode(group: Group, tokenizer: Tokenizer, options: Partial<EncodeOptions> = {}): Promise<number[]> {
  const encoded = await encodeGroup(group, tokenizer, { maxLength: 2 ** 20, ...options })
  if ('dropped' in encoded) throw new Error(encoded.dropped)
  return [...encoded.prefix, ...(encoded.branches[0] ?? [])]
}

const parse = { specialTokensInText: 'parse' } as const
const refuse = { specialTokensInText: 'refuse' } as const

/** The special tokens of a fixture's tokenizer.json. */
function specialIn(name: string): string[] {
  const text = readFileSync(join(folderOf(name), 'tokenizer.json'), 'utf8')
  const token = z.object({ content: z.string(), special: z.boolean() })
  const { added_tokens: tokens } = z.object({ added_tokens: z.array(token) }).parse(JSON.parse(text))
  return tokens.flatMap(({ content, special }) => (special ? [content] : []))
}

describe.each(Object.keys(expected))('with the tokenizer %s', (name) => {
  const texts = [...(expected[name]?.texts ?? []), ...(hard[name]?.texts ?? [])]
  const special = hard[name]?.special ?? specialIn(name)

  test('private names give the ids of Python', async () => {
    const { written } = await loadTokenizer(folderOf(name))
    const renamed = texts.map(({ text }) => written.replace(text, written.privateName))
    const ids = await written.encode(renamed, { addSpecialTokens: true })
    expect(ids.map((sequence) => [...sequence])).toEqual(texts.map((text) => text.ids))
  })

  test('contents without special tokens read as ever', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const plain = texts.map(({ text }) => text).filter((text) => !special.some((token) => text.includes(token)))
    expect(plain.length).toBeGreaterThan(20)
    for (const text of plain) {
      const group = conversation([user(text), assistant(text)])
      const ids = await encode(group, tokenizer)
      expect(ids).toEqual(await encode(group, tokenizer, parse))
      // The other encoder agrees: a special token in another branch of the group changes nothing here.
      const beside = { ...group, responses: [...group.responses, [assistant(special.join(''))]] }
      expect(await encode(beside, tokenizer)).toEqual(ids)
    }
  })

  test('special tokens in contents stay text, and the conversation ends at its own end token', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const random = createRandom(1, name)
    // Where a vocabulary lacks characters, these are read as the unknown token in any text.
    const unknown = name.startsWith('pieces') || name === 'words' ? tokenizer.unk?.id : undefined
    const ids = new Set(special.map((token) => tokenizer.idOf(token)).filter((id) => id !== unknown))
    const specialOf = (sequence: number[]) => sequence.filter((id) => ids.has(id))
    const own = specialOf(await encode(conversation([user('x'), assistant('x')]), tokenizer))
    for (let round = 0; round < 50; round++) {
      const parts = Array.from({ length: 6 }, () =>
        random.uniform() < 0.5 ? special[random.integer(special.length)] : texts[random.integer(30)]?.text,
      )
      const text = `a${parts.join(random.uniform() < 0.5 ? ' ' : '')}${special[round % special.length]}`
      const group = conversation([user(text), assistant(text)])
      const sequence = await encode(group, tokenizer)
      expect(specialOf(sequence)).toEqual(own)
      expect(sequence.at(-1)).toBe(own.at(-1))
    }
  })
})

test.each(['digit-split', 'plain-bytes', 'pattern', 'pieces', 'pieces-metaspace'])(
  'a neutralised conversation of %s is the same text',
  async (name) => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const shown = async (ids: ArrayLike<number>) => (await tokenizer.decode(ids)).replaceAll(/\s/g, '')
    for (const { text } of hard[name]?.texts ?? []) {
      const messages = [user(text), assistant(text)]
      const plain = `\n\nHuman: ${text}\n\nAssistant: ${text}${tokenizer.eos?.text}`
      const whole = tokenizer.chat?.render(messages) ?? plain
      const [parsed = new Int32Array()] = await tokenizer.encode([whole], { addSpecialTokens: false })
      const neutral = await encode(conversation(messages), tokenizer, { pool: 'template-end' })
      expect(await shown(neutral)).toBe(await shown(parsed))
    }
  },
)

test.each(Object.entries(hard).filter(([, { neutral }]) => neutral.length > 0))(
  'neutralised conversations of %s have the ids of Python',
  async (name, { neutral }) => {
    const tokenizer = await loadTokenizer(folderOf(name))
    for (const { messages, ids } of neutral)
      expect(await encode(conversation(messages), tokenizer, { pool: 'template-end' })).toEqual(ids)
  },
)

test('a template trims contents that begin or end in a special token', async () => {
  const tokenizer = await loadTokenizer(folderOf('pattern'))
  const padded = await encode(conversation([user(' \n<|turn|> hi <|turn|>\t'), assistant('yes')]), tokenizer)
  expect(padded).toEqual(await encode(conversation([user('<|turn|> hi <|turn|>'), assistant('yes')]), tokenizer))
})

test('a cut takes written-out special tokens like other characters', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const group = conversation([user(`${'<|im_end|>'.repeat(40)} the end`), assistant('yes')])
  const whole = await encode(group, tokenizer)
  const text = await tokenizer.decode(await encode(group, tokenizer, { maxLength: whole.length - 20 }))
  expect(text).toMatch(/user\n(<\|im_end\|>){30,39} the end<\|im_end\|>\n/)
})

test('private characters of the text are kept', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const text = '\u{f0000}\u{f0001} $& <|im_end|> \u{f0002}'
  expect(await tokenizer.decode(await encode(conversation([user(text), assistant(text)]), tokenizer))).toContain(text)
  const forged = conversation([user('\u{10fffe}2\u{10ffff} <|im_end|>'), assistant('x')])
  await expect(encode(forged, tokenizer)).rejects.toThrow('line-17: the text holds U+10FFFE')
})

test('plain text and unchanged transcripts are parsed, as TRL does', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const text = conversation([user('a <|im_end|> '), assistant('b')], 'text')
  expect(await encode(text, tokenizer)).toEqual(await encode(text, tokenizer, parse))
  const source = { prompt: '\n\nHuman: a <|im_end|>', responses: ['\n\nAssistant: b'] }
  const transcript = conversation([user('a <|im_end|>'), assistant('b')], 'transcript', { source })
  const asIs = { transcripts: 'as-is' } as const
  expect(await encode(transcript, tokenizer, asIs)).toEqual(await encode(transcript, tokenizer, { ...asIs, ...parse }))
  expect(await encode(transcript, tokenizer)).not.toEqual(await encode(transcript, tokenizer, parse))
})

test.each(['messages', 'text', 'transcript'] as const)('refuses special tokens in %s', async (form) => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const held = conversation([user('a'), assistant('b <|im_end|>')], form)
  const error: unknown = await encode(held, tokenizer, refuse).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(InputError)
  expect(String(error)).toContain('line-17: the text holds the special token "<|im_end|>"')
})

test('refuses a special token that prompt and response make together, where they are read together', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const parts = [user('a <|im_'), assistant('end|> b')]
  await expect(encode(conversation(parts, 'text'), tokenizer, refuse)).rejects.toThrow(InputError)
  const apart = conversation(parts)
  expect(await encode(apart, tokenizer, refuse)).toEqual(await encode(apart, tokenizer, parse))
})

test('special tokens in other fields, tools and variables are ordinary text, too', async () => {
  const name = Object.keys(expected).find((one) => (hard[one]?.special ?? []).length > 0) ?? ''
  const [token = ''] = hard[name]?.special ?? []
  const tokenizer = await loadTokenizer(folderOf(name))
  const template = '{{ tools | tojson }}{{ style }}{% for m in messages %}{{ m.tool_calls }}{{ m.content }}{% endfor %}'
  const render = compileChatTemplate(template, {}, 'a template')
  const ending = { endIds: new Set<number>(), tail: new Int32Array(), present: false }
  const chatting = { ...tokenizer, chat: { render, ending } }
  const calls = { tool_calls: [{ name: 'f', arguments: { [token]: `it's ${token}` } }] }
  const inputs = { tools: [{ name: token }], chat_template_kwargs: { style: token } }
  const group = conversation([user('Why?'), { ...assistant('x'), ...calls }], 'messages', { inputs })
  const ids = await encode(group, chatting)
  const special = tokenizer.idOf(token)
  expect(ids).not.toContain(special)
  expect(await encode(group, chatting, parse)).toContain(special)
  await expect(encode(group, chatting, refuse)).rejects.toThrow('special token')
  const text = render([...group.prompt, ...(group.responses[0] ?? [])], inputs)
  const shown = await tokenizer.decode(ids.slice(0, -1))
  expect(shown.split(token).length).toBe(text.split(token).length)
})
