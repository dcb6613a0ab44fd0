import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { bagOfWordsReward, fitBagOfWords, type TextPair } from './bag-of-words.ts'

const words = Array.from({ length: 60 }, (_, i) => `w${i}`)

/** Pairs of random words; the response with the larger sum of true weights wins, `noise` of them the other way round. */
function pairs(count: number, seed: number, noise = 0): TextPair[] {
  const random = createRandom(seed, 'bag of words')
  const text = () => Array.from({ length: 8 }, () => random.integer(words.length))
  const quality = (ids: readonly number[]) => ids.reduce((sum, id) => sum + Math.sin(id), 0)
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [text(), text()]
    const isFirst = quality(a) > quality(b) !== random.uniform() < noise
    const [chosen, rejected] = (isFirst ? [a, b] : [b, a]).map((ids) => ids.map((id) => words[id]).join(' '))
    return { promptId: `p${Math.floor(i / 3)}`, chosen: chosen ?? '', rejected: rejected ?? '' }
  })
}

const accuracy = (model: Awaited<ReturnType<typeof fitBagOfWords>>, tested: readonly TextPair[]) =>
  tested.filter(({ chosen, rejected }) => bagOfWordsReward(model, chosen) > bagOfWordsReward(model, rejected)).length /
  tested.length

describe('fitBagOfWords', () => {
  it('learns which words win, and is surer of it with less noise', async () => {
    const clean = await fitBagOfWords(pairs(1500, 1))
    const noisy = await fitBagOfWords(pairs(1500, 1, 0.4))
    expect(accuracy(clean, pairs(500, 2))).toBeGreaterThan(0.9)
    expect(accuracy(noisy, pairs(500, 2))).toBeGreaterThan(0.6)
    expect(noisy.penalty).toBeGreaterThan(clean.penalty)
  })

  it('is the same for the same pairs', async () => {
    const [one, other] = [await fitBagOfWords(pairs(300, 3)), await fitBagOfWords(pairs(300, 3))]
    expect(Buffer.from(one.weights.buffer).equals(Buffer.from(other.weights.buffer))).toBe(true)
  })

  it('gives turned pairs the other sign', async () => {
    const turned = pairs(300, 4).map(({ promptId, chosen, rejected }) => ({
      promptId,
      chosen: rejected,
      rejected: chosen,
    }))
    const [one, other] = [await fitBagOfWords(pairs(300, 4)), await fitBagOfWords(turned)]
    expect(bagOfWordsReward(other, 'w1 w2')).toBeCloseTo(-bagOfWordsReward(one, 'w1 w2'), 9)
  })

  it('knows nothing of words that one pair alone has', async () => {
    const model = await fitBagOfWords([...pairs(50, 5), { promptId: 'new', chosen: 'once', rejected: 'w1' }])
    expect(bagOfWordsReward(model, 'once')).toBe(0)
    expect(model.pairs).toBe(51)
  })

  it('has the strongest penalty with one prompt, and fits nothing on one pair', async () => {
    const one = pairs(20, 6).map((pair) => ({ ...pair, promptId: 'p' }))
    expect((await fitBagOfWords(one)).penalty).toBe(1000)
    const single = await fitBagOfWords(one.slice(0, 1))
    expect(single.features).toBe(0)
    expect(bagOfWordsReward(single, 'w1 w2 w3')).toBe(0)
  })
})
