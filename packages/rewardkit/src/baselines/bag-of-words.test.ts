import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { pairGroup } from '../data/build.ts'
import { type BagOfWords, bagOfWordsReward, createWordPairs, fitBagOfWords } from './bag-of-words.ts'

interface TextPair {
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

function fit(given: readonly TextPair[], most?: number): BagOfWords {
  const collected = createWordPairs(most)
  for (const pair of given) collected.add(pairGroup({ id: 'pair', ...pair }))
  return fitBagOfWords(collected)
}

const rewardOf = (model: BagOfWords, content: string) => bagOfWordsReward(model, [{ role: 'assistant', content }])

const words = Array.from({ length: 60 }, (_, i) => `w${i}`)

/** Pairs of random words; the response with the larger sum of true weights wins, except in the share `noise`. */
function pairs(count: number, seed: number, noise = 0): TextPair[] {
  const random = createRandom(seed, 'bag of words')
  const text = () => Array.from({ length: 8 }, () => random.integer(words.length))
  const quality = (ids: readonly number[]) => ids.reduce((sum, id) => sum + Math.sin(id), 0)
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [text(), text()]
    const isFirst = quality(a) > quality(b) !== random.uniform() < noise
    const [chosen, rejected] = (isFirst ? [a, b] : [b, a]).map((ids) => ids.map((id) => words[id]).join(' '))
    return { prompt: `p${Math.floor(i / 3)}`, chosen: chosen ?? '', rejected: rejected ?? '' }
  })
}

const accuracy = (model: BagOfWords, tested: readonly TextPair[]) =>
  tested.filter(({ chosen, rejected }) => rewardOf(model, chosen) > rewardOf(model, rejected)).length / tested.length

describe('fitBagOfWords', () => {
  it('learns which words win, and is surer of it with less noise', () => {
    const clean = fit(pairs(1500, 1))
    const noisy = fit(pairs(1500, 1, 0.4))
    expect(accuracy(clean, pairs(500, 2))).toBeGreaterThan(0.9)
    expect(accuracy(noisy, pairs(500, 2))).toBeGreaterThan(0.6)
    expect(noisy.penalty).toBeGreaterThan(clean.penalty)
  })

  it('is the same for the same pairs', () => {
    const [one, other] = [fit(pairs(300, 3)), fit(pairs(300, 3))]
    expect(Buffer.from(one.weights.buffer).equals(Buffer.from(other.weights.buffer))).toBe(true)
  })

  it('gives turned pairs the other sign', () => {
    const turned = pairs(300, 4).map(({ prompt, chosen, rejected }) => ({
      prompt,
      chosen: rejected,
      rejected: chosen,
    }))
    const [one, other] = [fit(pairs(300, 4)), fit(turned)]
    expect(rewardOf(other, 'w1 w2')).toBeCloseTo(-rewardOf(one, 'w1 w2'), 9)
  })

  it('knows nothing of words that one pair alone has', () => {
    const model = fit([...pairs(50, 5), { prompt: 'new', chosen: 'once', rejected: 'w1' }])
    expect(rewardOf(model, 'once')).toBe(0)
    expect(model.pairs).toBe(51)
  })

  it('has the strongest penalty with one prompt, and fits nothing on one pair', () => {
    const one = pairs(20, 6).map((pair) => ({ ...pair, prompt: 'p' }))
    expect(fit(one).penalty).toBe(1000)
    const single = fit(one.slice(0, 1))
    expect(single.features).toBe(0)
    expect(rewardOf(single, 'w1 w2 w3')).toBe(0)
  })

  it('learns from a random part of many pairs, the same each time', () => {
    const parts = [1, 2].map(() => {
      const collected = createWordPairs(100)
      for (const pair of pairs(1000, 7)) collected.add(pairGroup({ id: 'pair', ...pair }))
      return collected
    })
    const [one, other] = parts
    expect(one?.added).toBe(1000)
    expect(one?.pairs).toHaveLength(100)
    expect(one?.pairs).toEqual(other?.pairs)
    // 3 pairs a prompt: the first hundred pairs alone would have 34 prompts.
    expect(new Set(one?.pairs.map(({ promptId }) => promptId)).size).toBeGreaterThan(60)
  })
})
