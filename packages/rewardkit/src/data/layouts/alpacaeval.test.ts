import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { alpacaevalLayout } from './alpacaeval.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'

const row = {
  instruction: 'Why?',
  output_1: 'No.',
  generator_1: 'gpt4_1106_preview',
  dataset: 'helpful_base',
  output_2: 'So.',
  generator_2: 'mine',
  annotator: 'weighted_alpaca_eval_gpt4_turbo',
  preference: 1.75,
  price_per_example: null,
}
const read = (changes: object, options = {}) => readRows(alpacaevalLayout, [{ ...row, ...changes }], options)[0]

describe('alpacaeval', () => {
  it('takes 1 + the probability of output_2 apart', () => {
    expect(read({})).toMatchObject({
      form: 'messages',
      prompt: [{ role: 'user', content: 'Why?' }],
      responses: [[{ role: 'assistant', content: 'No.' }], [{ role: 'assistant', content: 'So.' }]],
      preferences: [{ chosen: 1, rejected: 0, margin: 0.5, probability: 0.75 }],
      subset: 'helpful_base',
      meta: { generator_1: 'gpt4_1106_preview', generator_2: 'mine', annotator: 'weighted_alpaca_eval_gpt4_turbo' },
    })
  })

  it.each([
    [1, { chosen: 0, rejected: 1, margin: 1, probability: 1 }],
    [2, { chosen: 1, rejected: 0, margin: 1, probability: 1 }],
    [1.125, { chosen: 0, rejected: 1, margin: 0.75, probability: 0.875 }],
  ])('reads a preference of %d', (preference, expected) => {
    expect(read({ preference })).toMatchObject({ preferences: [expected] })
    expect(read({ preference }, { ties: 'half' })).toMatchObject({ preferences: [expected] })
  })

  it('takes 1.5 and 0 for a draw, and leaves out what was not judged', () => {
    for (const preference of [1.5, 0]) {
      expect(read({ preference })).toEqual({ skipped: 'tie' })
      expect(read({ preference }, { ties: 'half' })).toMatchObject({ preferences: [{ probability: 0.5 }] })
    }
    expect(read({ preference: null })).toEqual({ skipped: 'no_preference' })
  })

  it.each([
    [{ preference: 2.5 }, 'field "preference": found number 2.5, expected a number between 1 (output_1) and 2'],
    [{ preference: 0.5 }, 'field "preference": found number 0.5'],
    [{ preference: '2' }, 'field "preference": found text "2"'],
    [{ output_2: null }, 'field "output_2": found null, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was, to the last digit', () => {
    const preferences = [1, 1.0000000016, 1.4999999, 1.5, 1.6180339887, 1.9999991, 2]
    const rows = preferences.map((preference) => ({ ...row, preference }))
    expectSameAgain(alpacaevalLayout, rows)
    expect(
      groupsOf(alpacaevalLayout, rows, { ties: 'half' }).flatMap((group) => alpacaevalLayout.write(group)),
    ).toEqual(rows)
  })

  it('holds the probability or the margin of a pair from elsewhere', () => {
    const written = (fields: object) =>
      alpacaevalLayout.write(pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b', ...fields }))[0]?.[
        'preference'
      ]
    expect(written({})).toBe(1)
    expect(written({ probability: 0.75 })).toBe(1.25)
    expect(written({ probability: 0.25 })).toBe(1.75)
    expect(written({ margin: 0.5 })).toBe(1.25)
    expect(written({ margin: 7, probability: 0.75 })).toBe(1.25)
  })
})
