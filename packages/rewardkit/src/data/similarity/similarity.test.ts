import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRandom } from '../../random.ts'
import { pairGroup } from '../build.ts'
import { bandsFor, signatureLength, signatureOf } from './min-hash.ts'
import { createNearIndex, type NearIndex } from './near-index.ts'
import { jaccard, shinglesOf } from './shingles.ts'
import { comparedText, exactKey, normalisedKey } from './texts.ts'

const random = createRandom(0, 'similarity test')
const words = (count: number) => Array.from({ length: count }, () => `w${random.integer(5000)}`)

describe('shinglesOf', () => {
  it('counts runs of four words, whatever their case and punctuation', () => {
    expect(shinglesOf('one two three four five')).toHaveLength(2)
    expect(shinglesOf('One, two -- THREE: four (five)!')).toEqual(shinglesOf('one two three four five'))
    expect(shinglesOf('a b c d a b c d')).toHaveLength(4)
  })

  it('makes one run of a short text and none of no words', () => {
    expect(shinglesOf('just three words')).toHaveLength(1)
    expect(shinglesOf(' ?! \n')).toHaveLength(0)
  })

  it('takes characters for words where a script has no blanks', () => {
    expect(shinglesOf('今日は天気がいい')).toHaveLength(5)
    expect(jaccard(shinglesOf('今日は天気がいい'), shinglesOf('今日は天気が悪い'))).toBeCloseTo(3 / 7, 10)
  })

  it('agrees with the similarity of sets of strings', () => {
    for (let k = 0; k < 50; k++) {
      const first = words(40)
      const second = [...first.slice(0, random.integer(40)), ...words(10)]
      const setOf = (list: string[]) =>
        new Set(list.slice(0, Math.max(1, list.length - 3)).map((_, i) => list.slice(i, i + 4).join(' ')))
      const [a, b] = [setOf(first), setOf(second)]
      const common = [...a].filter((run) => b.has(run)).length
      expect(jaccard(shinglesOf(first.join(' ')), shinglesOf(second.join(' ')))).toBeCloseTo(
        common / (a.size + b.size - common),
        10,
      )
    }
  })
})

describe('signatureOf', () => {
  // The share of equal numbers is an unbiased estimate of the similarity, of sd sqrt(J (1 - J) / 128) at most.
  it.each([0.2, 0.5, 0.8, 0.95])('estimates a similarity of %f without bias', (similarity) => {
    const trials = 200
    let sum = 0
    for (let k = 0; k < trials; k++) {
      const common = Array.from({ length: Math.round(1000 * similarity) }, () => random.integer(2 ** 32))
      const own = () => Array.from({ length: Math.round(500 * (1 - similarity)) }, () => random.integer(2 ** 32))
      const [a, b] = [
        [...common, ...own()],
        [...common, ...own()],
      ].map((set) => signatureOf(Uint32Array.from(set)))
      sum += (a?.filter((value, index) => value === b?.[index]).length ?? 0) / signatureLength
    }
    const error = Math.sqrt((similarity * (1 - similarity)) / signatureLength / trials)
    expect(Math.abs(sum / trials - similarity)).toBeLessThan(4 * error + 1e-3)
  })

  it('is the same for equal sets, and full for a set of one', () => {
    const set = Uint32Array.from([7])
    expect(signatureOf(set)).toEqual(signatureOf(Uint32Array.from([7])))
    expect(new Set(signatureOf(set)).size).toBe(1)
  })
})

describe('bandsFor', () => {
  it.each([0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1])('finds 99 %% of the pairs of similarity %f', (threshold) => {
    const { count, rows } = bandsFor(threshold)
    expect(count * rows).toBeLessThanOrEqual(signatureLength)
    expect(1 - (1 - threshold ** rows) ** count).toBeGreaterThanOrEqual(0.99)
  })
})

describe('createNearIndex', () => {
  let index: NearIndex
  // 3000 texts: more than the first size of the tables, and more bytes than wait in memory.
  const texts = Array.from({ length: 3000 }, () => words(120).join(' '))
  beforeAll(() => {
    index = createNearIndex(0.7)
    for (const text of texts) index.add(text)
  })
  afterAll(() => index.close())

  it('finds what is alike, with its exact similarity, and nothing below the threshold', () => {
    let alike = 0
    const found: { number: number; similarity: number }[] = []
    const truth: { number: number; similarity: number }[] = []
    for (const [number, text] of texts.entries()) {
      const changed = text.split(' ')
      for (let k = random.integer(12); k > 0; k--) changed[random.integer(changed.length)] = 'other'
      const similarity = jaccard(shinglesOf(text), shinglesOf(changed.join(' ')))
      const match = index.nearest(changed.join(' '))
      if (similarity >= 0.7) alike += 1
      if (match) {
        found.push(match)
        truth.push({ number, similarity })
      }
    }
    expect(found).toEqual(truth)
    expect(Math.min(...found.map(({ similarity }) => similarity))).toBeGreaterThanOrEqual(0.7)
    expect(alike).toBeGreaterThan(500)
    expect(found.length / alike).toBeGreaterThan(0.98)
  })

  it('finds nothing for a text without words', () => {
    expect(index.nearest('?!')).toBeUndefined()
  })

  it('says for how many texts it did not look at all candidates', () => {
    const same = createNearIndex(0.9)
    // All share nine tenths of their words, and none is alike enough.
    const shared = words(300).join(' ')
    for (let k = 0; k < 600; k++) same.add(`${words(40).join(' ')} ${shared}`)
    expect(same.nearest(`${words(40).join(' ')} ${shared}`)).toBeUndefined()
    expect(same.cut).toBe(1)
    same.close()
  })
})

it('says which folder for temporary files cannot be written', () => {
  vi.stubEnv('TMPDIR', '/nowhere')
  expect(() => createNearIndex(0.8)).toThrow(/^\/nowhere\/\S+ cannot be written: its folder does not exist/)
  vi.unstubAllEnvs()
})

describe('keys of groups', () => {
  const pair = { id: 'a', prompt: 'What is 2 + 2?', chosen: 'Four.', rejected: 'Five!' }
  const group = pairGroup(pair)

  it('are equal for what says the same, whatever it is called', () => {
    expect(exactKey(pairGroup({ ...pair, id: 'b', margin: 2 }), 'pair')).toBe(exactKey(group, 'pair'))
    expect(exactKey(pairGroup({ ...pair, chosen: 'four' }), 'pair')).not.toBe(exactKey(group, 'pair'))
    expect(normalisedKey(pairGroup({ ...pair, prompt: 'what is 2+2', chosen: 'FOUR' }), 'pair')).toBe(
      normalisedKey(group, 'pair'),
    )
  })

  it('tell the two directions of a judgement apart', () => {
    const turned = pairGroup({ ...pair, chosen: pair.rejected, rejected: pair.chosen })
    expect(exactKey(turned, 'pair')).not.toBe(exactKey(group, 'pair'))
    expect(exactKey(turned, 'prompt')).toBe(exactKey(group, 'prompt'))
    expect(comparedText(turned, 'pair')).toBe(comparedText(group, 'pair'))
  })

  it('keep texts without letters apart', () => {
    const [question, exclamation] = ['???', '!!!'].map((prompt) => pairGroup({ ...pair, prompt }))
    if (!question || !exclamation) throw new Error('two groups')
    expect(normalisedKey(question, 'prompt')).not.toBe(normalisedKey(exclamation, 'prompt'))
  })
})
