import { describe, expect, test } from 'vitest'
import type { Group } from '../data/group.ts'
import { createRandom, type Random } from '../random.ts'
import { encodeGroup } from './encode.ts'
import { folderOf } from './fixtures/fixtures.ts'
import { group, longest, message, read, uncut } from './fixtures/truncation.ts'
import { loadTokenizer } from './tokenizer.ts'

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

describe.each(['digit-split', 'plain-bytes'])('where responses begin, with the tokenizer %s', (name) => {
  test.each(['prompt-left', 'response-right'] as const)('whole and cut, %s', async (truncation) => {
    const tokenizer = await loadTokenizer(folderOf(name))
    const random = createRandom(9, `starts ${name} ${truncation}`)
    const seen = { whole: 0, cut: 0 }
    for (let round = 0; round < 60; round++) {
      const source = conversation(random)
      const maxLength = 60 + random.integer(200)
      const encoded = await encodeGroup(source, tokenizer, { maxLength, truncation, withStarts: true })
      if ('dropped' in encoded) throw new Error(`round ${round}: ${encoded.dropped}`)
      seen[encoded.truncated ? 'cut' : 'whole'] += 1
      for (const [index, branch] of encoded.branchOf.entries()) {
        const ids = [...encoded.prefix, ...(encoded.branches[branch] ?? [])]
        const response = await tokenizer.decode(ids.slice(encoded.starts?.[branch]))
        const original = source.responses[index]?.[0]?.content ?? ''
        const left = response.replace(/<\|\w+\|>\s*$/, '').replace(/\uFFFD+$/, '')
        expect(left.length).toBeGreaterThan(0)
        expect(original.startsWith(left), `${JSON.stringify(left)} of ${JSON.stringify(original)}`).toBe(true)
        expect(encoded.truncated || left === original).toBe(true)
      }
    }
    expect(Math.min(seen.whole, seen.cut)).toBeGreaterThan(5)
  })
})

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
