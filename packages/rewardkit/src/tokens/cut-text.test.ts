import { expect, test } from 'vitest'
import { createRandom } from '../random.ts'
import { folderOf } from './fixtures/fixtures.ts'
import { group, longest, message, read, uncut } from './fixtures/truncation.ts'
import { loadTokenizer } from './tokenizer.ts'
import { commonPrefixLength } from './truncate.ts'

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
