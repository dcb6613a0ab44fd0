import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Group, Message, TextForm } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { compileChatTemplate } from './chat-template.ts'
import { encodeGroup, type EncodeOptions } from './encode.ts'
import { createEncodedSet, encodeInto } from './encoded.ts'
import { expected, folderOf } from './fixtures/fixtures.ts'
import type { TokenGroup } from './sequence.ts'
import { createSpool } from './spool.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (content: string): Message => ({ role: 'assistant', content })
const system = (content: string): Message => ({ role: 'system', content })

function group(
  form: TextForm,
  prompt: Message[],
  responses: readonly (readonly Message[])[],
  more: Partial<Group> = {},
): Group {
  const preferences = responses.length > 1 ? [{ chosen: 0, rejected: 1 }] : []
  return { id: 'one', promptId: 'prompt', form, prompt, responses, preferences, ...more }
}

/** Encodes, expects that nothing was dropped, and gives the full sequences. */
async function sequences(source: Group, tokenizer: Tokenizer, options: Partial<EncodeOptions> = {}) {
  const encoded = await encodeGroup(source, tokenizer, { maxLength: 2048, ...options })
  if ('dropped' in encoded) throw new Error(`dropped: ${encoded.dropped}`)
  return { ids: encoded.branchOf.map((_, response) => fullSequence(encoded, response)), encoded }
}

const fullSequence = ({ prefix, branches, branchOf }: TokenGroup, response: number) => [
  ...prefix,
  ...(branches[branchOf[response] ?? -1] ?? []),
]

const textOf = async (source: Group, tokenizer: Tokenizer, options: Partial<EncodeOptions> = {}) =>
  Promise.all((await sequences(source, tokenizer, options)).ids.map((ids) => tokenizer.decode(ids)))

describe.each(Object.entries(expected))('with the tokenizer %s', (name, { texts, conversations, special }) => {
  test('plain text reads as TRL reads it', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    for (const { text, trl } of texts) {
      const whole = await sequences(group('text', [], [[assistant(text)]]), tokenizer)
      expect(whole.ids).toEqual([trl])
      const middle = Math.floor(text.length / 2)
      const split = group('text', [user(text.slice(0, middle))], [[assistant(text.slice(middle))]])
      expect((await sequences(split, tokenizer)).ids).toEqual([trl])
    }
  })

  test('plain text reads as turns where that is asked for, but for whole texts', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const turns = { plainTexts: 'messages' } as const
    const [question, answer] = [[user('Why?')], [assistant('So.')]]
    const { ids } = await sequences(group('messages', question, [answer]), tokenizer)
    expect((await sequences(group('text', question, [answer]), tokenizer, turns)).ids).toEqual(ids)
    expect((await sequences(group('text', question, [answer]), tokenizer)).ids).not.toEqual(ids)
    const whole = await sequences(group('text', [], [answer]), tokenizer)
    expect((await sequences(group('text', [], [answer]), tokenizer, turns)).ids).toEqual(whole.ids)
  })

  test('a conversation ends at its end token, or as the template ends it', async () => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const endIds = tokenizer.chat?.ending.endIds ?? new Set<number>()
    for (const { messages, ids } of conversations) {
      const source = group('messages', messages.slice(0, -1), [messages.slice(-1)])
      expect((await sequences(source, tokenizer, { pool: 'template-end' })).ids).toEqual([ids])
      const [ended = []] = (await sequences(source, tokenizer)).ids
      const last = ids.findLastIndex((id) => endIds.has(id))
      const wanted = tokenizer.chat?.ending.present ? ids.slice(0, last + 1) : [...ids, special['eos']]
      expect(ended).toEqual(wanted)
    }
  })
})

test('the end token is neither doubled nor taken from inside the content', async () => {
  const tokenizer = await loadTokenizer(folderOf('words'))
  const parsed = { specialTokensInText: 'parse' } as const
  const source = group('messages', [user('the lamp </s> quiet')], [[assistant('a stone </s> bright')]])
  expect((await textOf(source, tokenizer, parsed))[0]).toMatch(/a stone <\/s> bright <\/s>$/)
  const ended = group('text', [], [[assistant('a stone</s>')]])
  expect(await textOf(ended, tokenizer)).toEqual(['<s> a stone </s>'])
})

test('a model without a template reads conversations in the plain form', async () => {
  const tokenizer = await loadTokenizer(folderOf('plain-bytes'))
  const source = group('messages', [system('Be kind.'), user('Why?')], [[assistant('So.')]])
  expect(await textOf(source, tokenizer)).toEqual([
    '\n\nSystem: Be kind.\n\nHuman: Why?\n\nAssistant: So.<|endoftext|>',
  ])
})

describe('a transcript', () => {
  const source = group('transcript', [user('Why?')], [[assistant('So.')], [assistant('No.')]], {
    source: { prompt: '\n\nHuman:Why? ', responses: ['\n\nAssistant:  So.', '\n\nAssistant: No.'] },
  })
  const came = ['\n\nHuman:Why? \n\nAssistant:  So.', '\n\nHuman:Why? \n\nAssistant: No.']
  const templated = ['So.', 'No.'].map(
    (answer) =>
      `<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n${answer}<|im_end|>`,
  )

  test('goes through the template where there is one, else is read unchanged', async () => {
    expect(await textOf(source, await loadTokenizer(folderOf('digit-split')))).toEqual(templated)
    const plain = await loadTokenizer(folderOf('plain-bytes'))
    expect(await textOf(source, plain)).toEqual(came.map((text) => `${text}<|endoftext|>`))
  })

  test('is read as the option says', async () => {
    const chat = await loadTokenizer(folderOf('digit-split'))
    const asItCame = await textOf(source, chat, { transcripts: 'as-is' })
    expect(asItCame).toEqual(came.map((text) => `${text}<|im_end|>`))
    expect(await textOf(source, chat, { transcripts: 'template' })).toEqual(templated)
    const plain = await loadTokenizer(folderOf('plain-bytes'))
    await expect(encodeGroup(source, plain, { maxLength: 100, transcripts: 'template' })).rejects.toThrow(InputError)
  })
})

describe('truncation', () => {
  const turns = [system('Be kind.'), user('the first question'), assistant('a reply'), user('the second question')]
  const dialogue = group('messages', turns, [[assistant('a long answer')], [assistant('no')]])

  test('of a prompt takes the oldest turns from all branches; the system turn stays', async () => {
    const tokenizer = await loadTokenizer(folderOf('digit-split'))
    const whole = await sequences(dialogue, tokenizer)
    const short = await sequences(
      group('messages', [system('Be kind.'), ...turns.slice(3)], dialogue.responses),
      tokenizer,
    )
    const longest = Math.max(...short.ids.map((ids) => ids.length))
    for (const maxLength of [longest, Math.max(...whole.ids.map((ids) => ids.length)) - 1]) {
      const cut = await sequences(dialogue, tokenizer, { maxLength })
      expect(cut.ids).toEqual(short.ids)
      expect(cut.encoded.truncated).toBe(true)
    }
    expect(whole.encoded.truncated).toBe(false)
  })

  test('takes the last user turn from its left, as little as will do', async () => {
    const tokenizer = await loadTokenizer(folderOf('digit-split'))
    const question = 'the first question, which is long, '.repeat(8)
    const source = group(
      'messages',
      [system('Be kind.'), user(question)],
      [[assistant('a long answer')], [assistant('no')]],
    )
    const whole = await sequences(source, tokenizer)
    const maxLength = Math.max(...whole.ids.map((ids) => ids.length)) - 3
    const [chosen = '', rejected = ''] = await textOf(source, tokenizer, { maxLength })
    const kept =
      /^<\|im_start\|>system\nBe kind\.<\|im_end\|>\n<\|im_start\|>user\n(.*)<\|im_end\|>\n<\|im_start\|>assistant\na long answer<\|im_end\|>$/.exec(
        chosen,
      )?.[1]
    expect(kept).toBeTruthy()
    expect(question.endsWith(kept ?? '-')).toBe(true)
    expect(rejected).toBe(chosen.replace('a long answer', 'no'))
    const { ids } = await sequences(source, tokenizer, { maxLength })
    expect(Math.max(...ids.map((sequence) => sequence.length))).toBeGreaterThan(maxLength - 3)
  })

  test('of a response too long on its own cuts its right and keeps the end token', async () => {
    const tokenizer = await loadTokenizer(folderOf('pieces'))
    const source = group('text', [user('the question ')], [[assistant('a lamp '.repeat(30))], [assistant('no')]])
    const [long = [], short = []] = (await sequences(source, tokenizer, { maxLength: 12 })).ids
    const { bos, eos } = tokenizer
    expect(long).toHaveLength(12)
    for (const ids of [long, short]) expect([ids[0], ids.at(-1)]).toEqual([bos?.id, eos?.id])
    expect(await tokenizer.decode(long)).toMatch(/^<s>\s*the question( a lamp)+/)
  })

  test('of plain text takes the oldest tokens of the shared prompt alone, BOS excepted', async () => {
    const tokenizer = await loadTokenizer(folderOf('pieces'))
    const prompt = 'the bright kettle asks the quiet cook '
    const source = group('text', [user(prompt)], [[assistant('a lamp in the garden')], [assistant('a lamp no')]])
    const whole = await sequences(source, tokenizer)
    const longest = Math.max(...whole.ids.map((ids) => ids.length))
    for (const lost of [1, 4]) {
      const cut = await sequences(source, tokenizer, { maxLength: longest - lost })
      expect(cut.ids).toEqual(whole.ids.map((ids) => [ids[0], ...ids.slice(1 + lost)]))
    }
    const [promptIds = new Int32Array()] = await tokenizer.encode([prompt], { addSpecialTokens: false })
    const cut = await sequences(source, tokenizer, { maxLength: longest - promptIds.length - 1 })
    expect(await tokenizer.decode(cut.ids[1] ?? [])).toMatch(/a lamp no/)
  })

  test('at the right keeps the beginning and the end token', async () => {
    const tokenizer = await loadTokenizer(folderOf('digit-split'))
    const whole = await sequences(dialogue, tokenizer)
    const maxLength = Math.max(...whole.ids.map((ids) => ids.length)) - 2
    const cut = await sequences(dialogue, tokenizer, { maxLength, truncation: 'response-right' })
    expect(cut.ids).toEqual(
      whole.ids.map((ids) => (ids.length > maxLength ? [...ids.slice(0, maxLength - 1), ids.at(-1)] : ids)),
    )
  })

  test('drops what is too long, or was cut until both responses are one', async () => {
    const tokenizer = await loadTokenizer(folderOf('digit-split'))
    const drop = await encodeGroup(dialogue, tokenizer, { maxLength: 20, truncation: 'drop' })
    expect(drop).toEqual({ dropped: 'too_long' })
    const alike = ['a long answer of one kind', 'a long answer of another'].map((text) => [assistant(text)])
    const parting = group('messages', turns, alike)
    const [one = []] = (await sequences(group('messages', turns, [[assistant('a long ans')]]), tokenizer)).ids
    const right = { maxLength: one.length, truncation: 'response-right' } as const
    expect(await encodeGroup(parting, tokenizer, right)).toEqual({ dropped: 'identical_after_truncation' })
    expect(await encodeGroup({ ...parting, preferences: [] }, tokenizer, right)).toMatchObject({ branchOf: [0, 0] })
    const same = group('messages', turns, [...alike.slice(1), ...alike.slice(1)])
    expect(await encodeGroup(same, tokenizer, right)).toEqual({ dropped: 'identical_tokens' })
  })

  test('never takes turns from after the point where conversations part', async () => {
    const tokenizer = await loadTokenizer(folderOf('digit-split'))
    const tail = (name: string) => [assistant(name), user(`the ${name} question`), assistant(`a ${name} reply`)]
    const source = group('messages', [user('one'), assistant('two'), user('three')], [tail('second'), tail('third')])
    const short = await sequences({ ...source, prompt: [user('three')] }, tokenizer)
    const longest = Math.max(...short.ids.map((ids) => ids.length))
    expect((await sequences(source, tokenizer, { maxLength: longest })).ids).toEqual(short.ids)
    const maxLength = longest - 4
    expect((await sequences(source, tokenizer, { maxLength })).ids).toEqual(
      short.ids.map((ids) => (ids.length > maxLength ? [...ids.slice(0, maxLength - 1), ids.at(-1)] : ids)),
    )
  })

  test('drops as few turns as will do', async () => {
    const tokenizer = await loadTokenizer(folderOf('digit-split'))
    const exchanges = Array.from({ length: 9 }, (_, i) => [user(`question ${i}`), assistant(`a reply ${i}`)])
    const responses = [[assistant('yes')], [assistant('no')]]
    const from = (first: number) => group('messages', [...exchanges.slice(first).flat(), user('last')], responses)
    for (const first of [1, 4, 8, 9]) {
      const { ids } = await sequences(from(first), tokenizer)
      const maxLength = Math.max(...ids.map((sequence) => sequence.length))
      expect((await sequences(from(0), tokenizer, { maxLength })).ids).toEqual(ids)
    }
  })
})

async function encodedSet(groups: readonly Group[], tokenizer: Tokenizer, options: EncodeOptions) {
  const spool = createSpool(tmpdir())
  const set = createEncodedSet(spool.begin())
  async function* items() {
    for (const [index, one] of groups.entries()) yield { group: one, place: `rows.jsonl, line ${index + 1}`, set }
  }
  try {
    await encodeInto(items(), tokenizer, options)
    const { preferences, dropped, truncated } = set
    return { groups: [...set.groups], preferences, dropped, truncated }
  } finally {
    spool.close()
  }
}

test('a conversation that the template refuses is named', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const render = () => {
    throw new InputError('roles must alternate')
  }
  const ending = { endIds: new Set<number>(), tail: new Int32Array(), present: false }
  const strict = { ...tokenizer, chat: { render, ending } }
  const source = group('messages', [user('Why?')], [[assistant('So.')], [assistant('No.')]], { id: 'line-7' })
  await expect(encodedSet([source], strict, { maxLength: 80 })).rejects.toThrow(/^rows.jsonl, line 1: roles must/)
})

test('preferences are counted: kept, too long, identical as the model reads them', async () => {
  const tokenizer = await loadTokenizer(folderOf('pieces'))
  const pool = group('messages', [user('Why?')], [[assistant('So.')], [assistant(' So. ')], [assistant('No.')]], {
    preferences: [
      { chosen: 0, rejected: 1 },
      { chosen: 0, rejected: 2 },
    ],
  })
  const long = group('text', [], [[assistant('a lamp '.repeat(90))], [assistant('b')]])
  const options: EncodeOptions = { maxLength: 80, truncation: 'drop' }
  const found = await encodedSet([pool, long, pool], tokenizer, options)
  const { groups, dropped, truncated } = found
  expect(dropped).toEqual({ too_long: 1, identical_tokens: 2 })
  expect(found.preferences).toBe(2)
  expect(groups.map(({ preferences }) => preferences)).toEqual([
    [{ chosen: 0, rejected: 2 }],
    [{ chosen: 0, rejected: 2 }],
  ])
  expect(groups[0]?.tokens.branchOf).toEqual([0, 0, 1])
  expect(truncated).toBe(0)
})

test('what is cut keeps its fields, and the inputs of the template', async () => {
  const tokenizer = await loadTokenizer(folderOf('words'))
  const template =
    '{{ tools | length }}{% for m in messages %} {{ m.name }}: {{ m.content }}{{ m.tool_calls }}{% endfor %}'
  const ending = { endIds: new Set<number>(), tail: new Int32Array(), present: false }
  const chat = { render: compileChatTemplate(template, {}, 'a template'), ending }
  const named = (message: Message, name: string) => ({ ...message, name })
  const turns = [user('the cook '.repeat(50)), assistant('a'), named(user('the garden '.repeat(50)), 'lamp')]
  const answers = ['garden', 'cook'].map((name) => [{ ...assistant(''), content: null, tool_calls: [name] }])
  const cut = group('messages', turns, answers, { inputs: { tools: [{}, {}] } })
  const withEos = { ...tokenizer, chat, eos: tokenizer.eos ?? { id: 0, text: '' } }
  const texts = await textOf(cut, withEos, { maxLength: 40 })
  for (const text of texts) expect(text).toMatch(/^2 lamp/)
})
