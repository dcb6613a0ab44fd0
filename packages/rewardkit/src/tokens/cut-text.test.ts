import { describe, expect, test } from 'vitest'
import { createRandom } from '../random.ts'
import { folderOf } from './fixtures/fixtures.ts'
import { group, longest, message, read, uncut } from './fixtures/truncation.ts'
import { loadTokenizer } from './tokenizer.ts'
import { cutTextPrompt, sharedTokens } from './cut-text.ts'
import { commonPrefixLength, type TruncationRule } from './truncate.ts'

/** Each character is a token; 1 begins every text and 2 ends it. */
const byCharacter = {
  added: { front: 1, behind: 1 },
  encode: (texts: readonly string[], { addSpecialTokens }: { readonly addSpecialTokens: boolean }) =>
    Promise.resolve(
      texts.map((text) => idsOf(text).slice(addSpecialTokens ? 0 : 1, addSpecialTokens ? undefined : -1)),
    ),
}
const idsOf = (text: string) => Int32Array.of(1, ...Array.from(text, (character) => character.charCodeAt(0)), 2)
const sequences = (keep: number, ...texts: string[]) => ({ ids: texts.map(idsOf), keep })

describe('the tokens that sequences share', () => {
  test.each([
    { what: 'the prompt, and no more of the responses', texts: ['PQRa', 'PQRb'], prompt: 'PQ', shared: 3 },
    { what: 'without a prompt, all that they begin with', texts: ['PQRa', 'PQRb', 'PQS'], prompt: '', shared: 3 },
    { what: 'the prompt of a single response', texts: ['PQR'], prompt: 'PQ', shared: 3 },
    { what: 'nothing of a single response without a prompt', texts: ['PQR'], prompt: '', shared: 0 },
    { what: 'less than a prompt that reads otherwise alone', texts: ['PQRa', 'PQRb'], prompt: 'PX', shared: 2 },
    { what: 'never the ending of the shortest', texts: ['PQ', 'PQR'], prompt: 'PQ', shared: 2 },
  ])('$what', async ({ texts, prompt, shared }) => {
    expect(await sharedTokens(sequences(texts.includes('PQ') ? 2 : 1, ...texts), prompt, byCharacter)).toBe(shared)
  })
})

describe('the oldest tokens of the prompt go', () => {
  interface Case {
    readonly what: string
    readonly prompt: number
    readonly response: number
    readonly maxLength: number
    readonly removed: number
    readonly keep?: number
    readonly rule?: TruncationRule
  }
  test.each<Case>([
    { what: 'as few as will do', prompt: 10, response: 12, maxLength: 20, removed: 4 },
    { what: 'one', prompt: 10, response: 9, maxLength: 20, removed: 1 },
    { what: 'down to a quarter of the maximum length', prompt: 10, response: 18, maxLength: 20, removed: 5 },
    { what: 'rule 1: all of them', prompt: 10, response: 18, maxLength: 20, removed: 10, rule: 1 },
    { what: 'none, where the prompt is within the quarter', prompt: 5, response: 18, maxLength: 20, removed: 0 },
    { what: 'none, where only the beginning is shared', prompt: 0, response: 20, maxLength: 20, removed: 0 },
    { what: 'none by rule 1 either', prompt: 0, response: 20, maxLength: 20, removed: 0, rule: 1 },
    {
      what: 'more, where a response would have no room',
      prompt: 20,
      response: 30,
      keep: 10,
      maxLength: 14,
      removed: 18,
    },
    { what: 'all, where there is hardly any room', prompt: 30, response: 28, keep: 2, maxLength: 4, removed: 30 },
    { what: 'rule 1: no more for an empty response', prompt: 20, response: 0, maxLength: 12, removed: 10, rule: 1 },
  ])('$what', async ({ prompt, response, maxLength, removed, keep = 1, rule = 2 }) => {
    const [question, answer] = ['Q'.repeat(prompt), 'A'.repeat(response)]
    const whole = sequences(keep, question + answer, `${question}B${answer.slice(1)}`.slice(0, prompt + response))
    const left = 'Q'.repeat(prompt - removed)
    expect(await cutTextPrompt(whole, question, byCharacter, maxLength, rule)).toEqual({
      sequences: { ids: whole.ids.map((ids) => Int32Array.of(1, ...ids.slice(1 + removed))), keep },
      prompt: removed > 0,
      system: false,
      starts: [1 + left.length, 1 + left.length],
    })
  })
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
