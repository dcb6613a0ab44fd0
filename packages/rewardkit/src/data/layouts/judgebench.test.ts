import { describe, expect, it } from 'vitest'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { judgebenchLayout } from './judgebench.ts'

const row = {
  pair_id: '81ec',
  original_id: '10646',
  source: 'mmlu-pro-law',
  question: 'Why?',
  response_model: 'gpt-4o',
  response_A: 'No.',
  response_B: 'So.',
  label: 'B>A',
}
const read = (changes: object, options = {}) => readRows(judgebenchLayout, [{ ...row, ...changes }], options)[0]

describe('judgebench', () => {
  it('reads the better response off the label', () => {
    expect(read({})).toMatchObject({
      id: '81ec',
      prompt: [{ role: 'user', content: 'Why?' }],
      responses: [[{ role: 'assistant', content: 'No.' }], [{ role: 'assistant', content: 'So.' }]],
      preferences: [{ chosen: 1, rejected: 0 }],
      subset: 'mmlu-pro-law',
      meta: { original_id: '10646', response_model: 'gpt-4o' },
    })
    expect(read({ label: 'A>B' })).toMatchObject({ preferences: [{ chosen: 0, rejected: 1 }] })
    expect(read({ label: 'A=B' })).toEqual({ skipped: 'tie' })
    expect(read({ label: 'A=B' }, { ties: 'half' })).toMatchObject({ preferences: [{ probability: 0.5 }] })
  })

  it.each([
    [{ label: 1 }, 'field "label": found number 1, expected "A>B", "B>A" or "A=B"'],
    [{ label: 'A' }, 'field "label": found text "A"'],
    [{ response_B: null }, 'field "response_B": found null, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    const rows = ['A>B', 'B>A', 'A=B'].map((label) => ({ ...row, label }))
    expectSameAgain(judgebenchLayout, rows)
    expect(
      groupsOf(judgebenchLayout, rows, { ties: 'half' }).flatMap((group) => judgebenchLayout.write(group)),
    ).toEqual(rows)
  })
})
