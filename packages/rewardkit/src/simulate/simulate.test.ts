import { describe, expect, it } from 'vitest'
import { groupFromRow } from '../data/index.ts'
import { majorityProbability } from './noise.ts'
import { simulate, type SimulatedPair } from './simulate.ts'
import { attributes, simulationVocabulary } from './text.ts'

const settings = { pairs: 6000, noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5, seed: 1 }
const noises = ['flip:0.1', 'bradley-terry', 'annotators'] as const

const tokens = (text: string): string[] => text.match(/\w+|[^\w\s]+/g) ?? []

/** Which words a response has. */
const responseWords = (_prompt: string, response: string) => new Set(tokens(response))

/** The words that tell the two phrases of an attribute apart. */
const telling = new Set(
  attributes.flatMap(({ phrases: [first, second] }) => [
    ...tokens(first).filter((word) => !tokens(second).includes(word)),
    ...tokens(second).filter((word) => !tokens(first).includes(word)),
  ]),
)

/** Which telling words of the prompt meet which of the response. */
function wordCrossings(prompt: string, response: string): Set<string> {
  const offered = tokens(response).filter((word) => telling.has(word))
  const asked = tokens(prompt).filter((word) => telling.has(word))
  return new Set(asked.flatMap((wish) => offered.map((offer) => `${wish} ${offer}`)))
}

/** Trains a linear Bradley-Terry model on two thirds of the pairs and gives its accuracy on the labels of the rest. */
function linearAccuracy(
  pairs: readonly SimulatedPair[],
  features: (prompt: string, response: string) => Set<string>,
): number {
  const weights = new Map<string, number>()
  const differences = pairs.map(({ prompt, chosen, rejected }) => {
    const [plus, minus] = [features(prompt, chosen), features(prompt, rejected)]
    return { plus: [...plus].filter((name) => !minus.has(name)), minus: [...minus].filter((name) => !plus.has(name)) }
  })
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (weights.get(name) ?? 0), 0)
  const cut = Math.floor((pairs.length * 2) / 3)
  for (let epoch = 0; epoch < 3; epoch++) {
    for (const { plus, minus } of differences.slice(0, cut)) {
      const step = 0.02 / (1 + Math.exp(sum(plus) - sum(minus)))
      for (const name of plus) weights.set(name, (weights.get(name) ?? 0) + step)
      for (const name of minus) weights.set(name, (weights.get(name) ?? 0) - step)
    }
  }
  const correct = differences.slice(cut).map(({ plus, minus }) => (Math.sign(sum(plus) - sum(minus)) + 1) / 2)
  return correct.reduce((total, value) => total + value, 0) / correct.length
}

describe.each(noises)('simulate with %s', (noise) => {
  const { pairs, summary } = simulate({ ...settings, noise })

  it('tells nothing by the response alone, nearly everything by request and response together', () => {
    expect(Math.abs(linearAccuracy(pairs, responseWords) - 0.5)).toBeLessThan(0.03)
    const reached = linearAccuracy(pairs, wordCrossings)
    expect((reached - 0.5) / (summary.best_achievable_accuracy - 0.5)).toBeGreaterThan(0.9)
  })

  it('balances lengths', () => {
    expect(Math.abs(summary.longer_wins - 0.5)).toBeLessThan(0.02)
  })

  it('labels as often as its probabilities say', () => {
    // The better-informed guess is right where label_probability exceeds one half; 4.5 standard errors.
    const right = pairs.filter(({ meta }) => meta.label_probability > 0.5).length / pairs.length
    expect(Math.abs(right - summary.best_achievable_accuracy)).toBeLessThan(4.5 * Math.sqrt(0.25 / pairs.length))
  })
})

describe('simulate', () => {
  const { pairs, summary } = simulate(settings)

  it('depends on the settings alone', () => {
    const again = simulate({ ...settings, pairs: 50 })
    expect(again.pairs).toEqual(pairs.slice(0, 50))
    expect(simulate({ ...settings, pairs: 50, seed: 2 }).pairs).not.toEqual(again.pairs)
  })

  it('knows the truth: the margin counts the wishes met, by their strengths', () => {
    const strengths = { food: 2.6, music: 1.7, table: 1 }
    const pattern = (noun: string) => new RegExp(String.raw`(\w+) ${noun}`)
    for (const { prompt, chosen, rejected, meta } of pairs.slice(0, 500)) {
      const reward = (response: string) =>
        Object.entries(strengths).reduce((sum, [noun, strength]) => {
          const [asked, offered] = [prompt, response].map((text) => pattern(noun).exec(text)?.[1])
          expect(asked).toBeTruthy()
          return sum + (asked === offered ? strength : 0)
        }, 0)
      expect(meta.true_margin).toBeCloseTo(reward(chosen) - reward(rejected), 5)
      expect(meta.true_chosen).toBe(meta.true_margin > 0 ? 'chosen' : 'rejected')
      expect(meta.true_margin).not.toBe(0)
    }
  })

  it('flips one label in ten', () => {
    expect(summary.best_achievable_accuracy).toBeCloseTo(0.9, 9)
    expect(Math.abs(summary.label_accuracy - 0.9)).toBeLessThan(4.5 * Math.sqrt(0.09 / settings.pairs))
  })

  it('labels by sigmoid(true margin) with bradley-terry', () => {
    for (const { meta } of simulate({ ...settings, pairs: 200, noise: 'bradley-terry' }).pairs) {
      expect(meta.label_probability).toBeCloseTo(1 / (1 + Math.exp(-meta.true_margin)), 5)
    }
  })

  it('grades the size of the difference: exactly without grade noise, loosely with it', () => {
    const exact = simulate({ ...settings, gradeNoise: 0 }).pairs
    for (const { margin, meta } of exact) {
      const size = Math.abs(meta.true_margin)
      expect(margin).toBe([0.8, 1.8, 2.8].filter((threshold) => size >= threshold).length)
    }
    expect(Math.min(...summary.grades)).toBeGreaterThan(settings.pairs / 10)
    const differing = pairs.filter(({ margin }, index) => margin !== exact[index]?.margin).length
    expect(differing).toBeGreaterThan(settings.pairs / 20)
  })

  it('prefers longer responses when asked to', () => {
    const biased = simulate({ ...settings, lengthBias: 2 }).summary
    expect(biased.longer_wins).toBeGreaterThan(0.6)
    expect(biased.label_accuracy).toBeLessThan(summary.label_accuracy)
    expect(biased.best_achievable_accuracy).toBeGreaterThan(biased.label_accuracy)
  })

  it('uses the words of its vocabulary and all of them', () => {
    const used = new Set(pairs.flatMap(({ prompt, chosen, rejected }) => tokens(prompt + chosen + rejected)))
    expect([...used].toSorted()).toEqual(simulationVocabulary())
  })

  it('writes rows that the reader takes as pairs of plain text', () => {
    const [first] = pairs
    const group = groupFromRow({ ...first }, 'x')
    expect(group).toMatchObject({ id: 'simulated-1-1', form: 'text', subset: first?.subset, meta: first?.meta })
    expect(group.preferences[0]?.margin).toBe(first?.margin)
  })

  it.each(['flip', 'flip:0.5', 'flip:x', 'none'])('refuses the noise %s', (noise) => {
    expect(() => simulate({ ...settings, noise })).toThrow(`noise: found "${noise}", expected flip:RATE`)
  })
})

describe('majorityProbability', () => {
  it('equals the sum over all outcomes', () => {
    const votes = [0.9, 0.2, 0.6, 0.5, 0.75]
    let expected = 0
    for (let outcome = 0; outcome < 32; outcome++) {
      const cast = votes.map((_, index) => (outcome >> index) % 2 === 1)
      if (cast.filter(Boolean).length < 3) continue
      expected += votes.reduce((product, vote, index) => product * (cast[index] ? vote : 1 - vote), 1)
    }
    expect(majorityProbability(votes)).toBeCloseTo(expected, 12)
  })
})
