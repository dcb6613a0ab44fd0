import { describe, expect, it } from 'vitest'
import { rowsFrom } from '../thread/ask-rows.ts'
import { pieces, type PreferencePair } from './preference-rows.ts'

describe('pieces', () => {
  it('gives an iterable up, once, where the other thread wants no more', async () => {
    let closed = 0
    function* rows(): Generator<PreferencePair> {
      try {
        for (;;) yield { prompt: 'a', chosen: 'b'.repeat(1 << 18), rejected: 'c' }
      } finally {
        closed += 1
      }
    }
    const answer = pieces(rows(), 'data', undefined)
    expect(await answer('next')).toMatch(/"rejected":"c"\}\n$/)
    expect(closed).toBe(0)
    expect(await answer('return')).toBeNull()
    expect(await answer('return')).toBeNull()
    expect(closed).toBe(1)
  })
})

describe('rowsFrom', () => {
  it.each([
    ['asks no more once there are none', 3, ['next', 'next', 'next']],
    ['tells that the rest is not wanted', 1, ['next', 'return']],
  ])('%s', (_, wanted, expected) => {
    const asked: unknown[] = []
    const given = ['1\n', '2\n', null]
    const ask = (__: string, question: unknown) => {
      asked.push(question)
      return given[asked.length - 1]
    }
    let read = 0
    for (const lines of rowsFrom('data', ask)) {
      expect(lines).toBe(given[read])
      read += 1
      if (read === wanted) break
    }
    expect(asked).toEqual(expected)
  })
})
