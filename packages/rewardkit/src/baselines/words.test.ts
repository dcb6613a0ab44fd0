import { describe, expect, it } from 'vitest'
import { featureCount, featuresOf, wordsOf } from './words.ts'

describe('wordsOf', () => {
  it.each([
    ["Don't stop, it’s 3.5 Å!", ["don't", 'stop', ',', 'it’s', '3', '.', '5', 'å', '!']],
    ['* one\n\n* two\n', ['*', 'one', '\n\n', '*', 'two', '\n']],
    ['東京タワー ok', ['東', '京', 'タ', 'ワ', 'ー', 'ok']],
    ['पानी ครับ', ['पानी', 'ค', 'รั', 'บ']],
    ['Straße\u200b👍 \u0000', ['straße', '👍']],
    [' \t ', []],
  ])('%j', (text, expected) => {
    expect(wordsOf(text)).toEqual(expected)
  })

  it('is the same for composed and decomposed letters', () => {
    expect(wordsOf('cafe\u0301')).toEqual(wordsOf('café'))
  })
})

describe('featuresOf', () => {
  it('has the log of one plus the count of each word and of each two in a row', () => {
    const values = [...featuresOf('a b a b').values()].toSorted((x, y) => x - y)
    // a and b twice, "a b" twice, "b a" once.
    expect(values).toEqual([Math.log(2), Math.log(3), Math.log(3), Math.log(3)])
  })

  it('tells the order of two words apart, and one word from two', () => {
    const [ab, ba] = [featuresOf('left right'), featuresOf('right left')]
    expect([...ab.keys()].filter((feature) => ba.has(feature))).toHaveLength(2)
    expect([...featuresOf('leftright').keys()].some((feature) => ab.has(feature))).toBe(false)
  })

  it('spreads words over all features', () => {
    const found = new Set<number>()
    for (let i = 0; i < 2000; i++) for (const feature of featuresOf(`word${i}`).keys()) found.add(feature)
    expect(found.size).toBeGreaterThan(1995)
    expect(Math.max(...found)).toBeGreaterThan(0.99 * featureCount)
    expect(Math.min(...found)).toBeLessThan(0.01 * featureCount)
  })
})
