import { describe, expect, test } from 'vitest'
import type { Group, Message } from '../data/group.ts'
import { createRandom, type Random } from '../random.ts'
import { encodeGroup, type EncodeOptions } from './encode.ts'
import { folderOf } from './fixtures/fixtures.ts'
import type { TokenGroup } from './sequence.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'
import { commonPrefixLength } from './truncate.ts'

const message = (role: string, content: string): Message => ({ role, content })

function group(form: Group['form'], prompt: readonly Message[], responses: readonly (readonly Message[])[]): Group {
  return { id: 'one', promptId: 'one', form, prompt, responses, preferences: [] }
}

const fullSequences = ({ prefix, branches, branchOf }: TokenGroup): Int32Array[] =>
  branchOf.map((branch) => Int32Array.from([...prefix, ...(branches[branch] ?? [])]))

async function read(source: Group, tokenizer: Tokenizer, options: EncodeOptions) {
  const encoded = await encodeGroup(source, tokenizer, options)
  return 'dropped' in encoded ? encoded : { ...encoded, ids: fullSequences(encoded) }
}

async function uncut(source: Group, tokenizer: Tokenizer): Promise<Int32Array[]> {
  const encoded = await read(source, tokenizer, { maxLength: 1e6 })
  if ('dropped' in encoded) throw new Error('dropped')
  return encoded.ids
}

const words = ['a ', 'river ', 'ends, ', '12', ' in\n', 'Grüße ', '世界', 'lamps']
const text = (random: Random, most: number) =>
  Array.from({ length: 1 + random.integer(most) }, () => words[random.integer(words.length)]).join('')

/** A conversation as it comes: some with a system turn, tool results or an opening of the assistant. */
function conversation(random: Random): Group {
  const size = [3, 20, 60][random.integer(3)] ?? 3
  const prompt = [
    ...(random.integer(2) === 0 ? [message('system', text(random, size))] : []),
    ...Array.from({ length: random.integer(4) }, () => [
      message('user', text(random, size)),
      message('assistant', text(random, size)),
    ]).flat(),
    message('user', text(random, size)),
    ...(random.integer(4) === 0 ? [message('assistant', text(random, 5)), message('tool', text(random, size))] : []),
  ]
  // Each begins with a word that no other text holds, and of which each character is a token or more.
  const responses = Array.from({ length: 1 + random.integer(3) }, (_, index) => [
    message('assistant', `${'QXZ'[index]}${text(random, size)}`),
  ])
  return group('messages', prompt, responses)
}

const longest = (ids: readonly Int32Array[]) => Math.max(...ids.map(({ length }) => length))

describe.each(['digit-split', 'plain-bytes'])('conversations with the tokenizer %s', (name) => {
  test.each(['prompt-left', 'response-right'] as const)('at random, %s', async (truncation) => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const random = createRandom(7, `${name} ${truncation}`)
    let cuts = 0
    let asBefore = 0
    const untouched: { whole: Int32Array[]; ids: Int32Array[]; cut: unknown }[] = []
    for (let round = 0; round < 150; round++) {
      const source = conversation(random)
      const whole = await uncut(source, tokenizer)
      const maxLength = 60 + random.integer(120)
      const encoded = await read(source, tokenizer, { maxLength, truncation })
      // 60 tokens are more than the template and one token for each response.
      if ('dropped' in encoded) throw new Error(`round ${round}: ${encoded.dropped}`)
      if (longest(whole) <= maxLength) {
        untouched.push({ whole, ids: encoded.ids, cut: encoded.cut })
        continue
      }
      cuts += 1
      expect(longest(encoded.ids)).toBeLessThanOrEqual(maxLength)
      const texts = await Promise.all(encoded.ids.map((ids) => tokenizer.decode(ids)))
      const prompts = texts.map((written, index) => {
        const at = written.lastIndexOf('QXZ'[index] ?? '')
        const original = source.responses[index]?.[0]?.content ?? ''
        expect(at, `a response of round ${round} is empty: ${written}`).toBeGreaterThan(0)
        const left = written.slice(at).replace(/<\|\w+\|>$/, '')
        // The cut may part the bytes of a character.
        expect(original.startsWith(left.replace(/\uFFFD+$/, ''))).toBe(true)
        expect(encoded.ids[index]?.at(-1)).toBe(whole[index]?.at(-1))
        return written.slice(0, at)
      })
      expect(new Set(prompts).size).toBe(1)
      const cut = encoded.cut
      const wholeTexts = source.responses.every(([{ content } = message('', '')], index) =>
        texts[index]?.includes(content ?? ''),
      )
      expect(cut?.responses).toBe(!wholeTexts)
      const old = await read(source, tokenizer, { maxLength, truncation, truncationRule: 1 })
      expect(cut?.otherwise).toBe('dropped' in old || String(old.ids) !== String(encoded.ids))
      if (truncation === 'response-right' || 'dropped' in old || old.cut?.responses) continue
      // The old rule cut the prompt alone: the same where a quarter was left of the last user turn and what follows it.
      const last = source.prompt.findLastIndex(({ role }) => role === 'user')
      const oldText = await tokenizer.decode(old.ids[0] ?? [])
      const turn = source.prompt.slice(last).map(({ content }) => content ?? '')
      const kept = Array.from(turn[0] ?? '')
      while (!oldText.includes(kept.join(''))) kept.shift()
      const [counted = []] = await tokenizer.encode([[kept.join(''), ...turn.slice(1)].join('')], {
        addSpecialTokens: false,
      })
      // Some three tokens are those between the texts.
      if (counted.length < maxLength / 4 + 3) continue
      asBefore += 1
      expect(encoded.ids).toEqual(old.ids)
    }
    expect(cuts).toBeGreaterThan(60)
    expect(asBefore).toBeGreaterThan(truncation === 'prompt-left' ? 5 : -1)
    expect(untouched).toEqual(untouched.map(({ whole }) => ({ whole, ids: whole, cut: undefined })))
  })
})

test('a long system turn gives way to the responses, from its end; a short question stays', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const rules = 'Some words about a river and a lake. '.repeat(20)
  const source = group(
    'messages',
    [message('system', rules), message('user', 'Name a river.')],
    [[message('assistant', 'Rhine.')], [message('assistant', 'Como.')]],
  )
  const encoded = await read(source, tokenizer, { maxLength: 80 })
  if ('dropped' in encoded) throw new Error(encoded.dropped)
  const [rhine = '', como = ''] = await Promise.all(encoded.ids.map((ids) => tokenizer.decode(ids)))
  const [, system = '-', rest] = /^<\|im_start\|>system\n(.*)<\|im_end\|>\n([^]*)$/.exec(rhine) ?? []
  expect(rules.startsWith(system)).toBe(true)
  expect(rest).toBe('<|im_start|>user\nName a river.<|im_end|>\n<|im_start|>assistant\nRhine.<|im_end|>')
  expect(como).toBe(rhine.replace('Rhine.', 'Como.'))
  expect(longest(encoded.ids)).toBe(80)
  expect(encoded.cut).toMatchObject({ prompt: false, system: true, responses: false, otherwise: true })
})

test('a quarter of the maximum length stays of the last user turn while a response can be cut', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const question = Array.from({ length: 200 }, (_, i) => `word${i}`).join(' ')
  const source = group(
    'messages',
    [message('system', 'Be kind.'), message('user', question)],
    [[message('assistant', 'an answer '.repeat(100))], [message('assistant', 'no')]],
  )
  const maxLength = 200
  const encoded = await read(source, tokenizer, { maxLength })
  if ('dropped' in encoded) throw new Error(encoded.dropped)
  const [long = '', short = ''] = await Promise.all(encoded.ids.map((ids) => tokenizer.decode(ids)))
  const kept = /user\n(.*)<\|im_end\|>\n<\|im_start\|>assistant/.exec(long)?.[1] ?? '-'
  expect(question.endsWith(kept)).toBe(true)
  const tokensOf = async (written: string) =>
    (await tokenizer.encode([written], { addSpecialTokens: false }))[0]?.length ?? 0
  const one = question.at(-1 - Array.from(kept).length) ?? ''
  expect(await tokensOf(kept)).toBeLessThanOrEqual(await tokensOf(one + kept))
  expect(Math.abs((await tokensOf(kept)) - maxLength / 4)).toBeLessThanOrEqual(1)
  expect(long).toMatch(/^<\|im_start\|>system\n<\|im_end\|>\n.*an answer an answer.*<\|im_end\|>$/s)
  expect(short.endsWith('assistant\nno<|im_end|>')).toBe(true)
  expect(encoded.cut).toMatchObject({ prompt: true, system: true, responses: true })
})

test('where what the template writes leaves no room for a response, the group is too long', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const source = group(
    'messages',
    [message('user', 'Why is that?')],
    [[message('assistant', 'So.')], [message('assistant', 'No.')]],
  )
  const empty = group('messages', [message('user', '')], [[message('assistant', '')]])
  const least = longest(await uncut(empty, tokenizer))
  for (const truncation of ['prompt-left', 'response-right'] as const) {
    expect(await read(source, tokenizer, { maxLength: least, truncation })).toEqual({ dropped: 'too_long' })
    const encoded = await read(source, tokenizer, { maxLength: least + 1, truncation })
    if ('dropped' in encoded) throw new Error(encoded.dropped)
    expect(new Set(encoded.branchOf).size).toBe(2)
  }
})

test('plain texts at random: a quarter of the shared prompt stays, every response has tokens', async () => {
  const tokenizer = await loadTokenizer(folderOf('pieces'))
  const random = createRandom(3, 'plain texts')
  const lamp = ['a lamp ', 'the garden ', 'quiet cook ', 'bright kettle ']
  const some = (most: number) =>
    Array.from({ length: 1 + random.integer(most) }, () => lamp[random.integer(lamp.length)]).join('')
  const counts = { prompt: 0, responses: 0, otherwise: 0 }
  for (let round = 0; round < 150; round++) {
    const prompt = random.integer(5) === 0 ? [] : [message('user', some(40))]
    const responses = ['no ', 'yes '].map((start) => [message('assistant', start + some(40))])
    const source = group('text', prompt, responses)
    const whole = await uncut(source, tokenizer)
    const maxLength = 8 + random.integer(60)
    const encoded = await read(source, tokenizer, { maxLength })
    if ('dropped' in encoded) throw new Error(encoded.dropped)
    const { cut, ids } = encoded
    expect(cut === undefined).toBe(longest(whole) <= maxLength)
    if (longest(whole) <= maxLength) continue
    if (!cut) throw new Error('nothing was cut')
    expect(longest(ids)).toBeLessThanOrEqual(maxLength)
    for (const sequence of ids) expect([sequence[0], sequence.at(-1)]).toEqual([tokenizer.bos?.id, tokenizer.eos?.id])
    const shared = commonPrefixLength(whole)
    const left = commonPrefixLength(ids)
    const removed = shared - left
    expect(removed > 0).toBe(cut.prompt)
    expect(left - 1).toBeGreaterThanOrEqual(Math.min(shared - 1, Math.floor(maxLength / 4)))
    for (const [index, sequence] of ids.entries()) {
      const wanted = [...(whole[index] ?? [])].toSpliced(1, removed)
      expect([...sequence]).toEqual(
        wanted.length > maxLength ? [...wanted.slice(0, maxLength - 1), tokenizer.eos?.id] : wanted,
      )
      expect(sequence.length).toBeGreaterThan(left + 1)
    }
    const old = await read(source, tokenizer, { maxLength, truncationRule: 1 })
    if ('dropped' in old) throw new Error(old.dropped)
    const mustBeAsBefore = commonPrefixLength(old.ids) - 1 >= maxLength / 4
    expect(mustBeAsBefore && cut.otherwise).toBe(false)
    expect(cut.otherwise).toBe(String(ids) !== String(old.ids))
    for (const name of ['prompt', 'responses', 'otherwise'] as const) counts[name] += cut[name] ? 1 : 0
  }
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(20)
})
