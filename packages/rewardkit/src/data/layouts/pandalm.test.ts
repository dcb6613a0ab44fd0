import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { pandalmLayout } from './pandalm.ts'

const row = {
  idx: 0,
  motivation_app: 'Grammarly',
  cmp_key: 'bloom-7b_llama-7b',
  instruction: 'Shorten.',
  input: 'It is so.',
  response1: 'It.',
  response2: 'So.',
  annotator1: 2,
  annotator2: 2,
  annotator3: 2,
}
const votes = (one: unknown, two: unknown, three: unknown) => ({ annotator1: one, annotator2: two, annotator3: three })
const read = (changes: object, options = {}) => readRows(pandalmLayout, [{ ...row, ...changes }], options)[0]

describe('pandalm', () => {
  it('puts the input after the instruction', () => {
    expect(read({})).toMatchObject({
      id: '0',
      form: 'messages',
      prompt: [{ role: 'user', content: 'Shorten.\n\nIt is so.' }],
      responses: [[{ role: 'assistant', content: 'It.' }], [{ role: 'assistant', content: 'So.' }]],
      subset: 'Grammarly',
      meta: { cmp_key: 'bloom-7b_llama-7b', annotator1: 2 },
    })
    expect(read({ input: '' })).toMatchObject({ prompt: [{ content: 'Shorten.' }] })
  })

  it.each([
    [votes(2, 2, 2), { chosen: 1, rejected: 0, margin: 1 }],
    [votes(1, 1, 1), { chosen: 0, rejected: 1, margin: 1 }],
    [votes(1, 0, 1), { chosen: 0, rejected: 1, margin: 2 / 3 }],
    [votes(2, 1, 2), { chosen: 1, rejected: 0, margin: 1 / 3 }],
  ])('takes what two of three say: %j', (changes, preference) => {
    expect(read(changes)).toMatchObject({ preferences: [preference] })
  })

  it.each([[votes(0, 0, 0)], [votes(0, 0, 1)], [votes(0, 2, 0)], [votes(0, 1, 2)]])('is a tie: %j', (changes) => {
    expect(read(changes)).toEqual({ skipped: 'tie' })
    expect(read(changes, { ties: 'half' })).toMatchObject({ preferences: [{ probability: 0.5 }] })
  })

  it.each([
    [{ response1: true }, 'field "response1": found boolean true, expected text'],
    [{ response2: false }, 'field "response2": found boolean false, expected text'],
    [{ annotator3: '2' }, 'field "annotator3": found text "2", expected 1 or 2, the better response, or 0'],
    [{ annotator1: 3 }, 'field "annotator1": found number 3'],
    [{ input: 4 }, 'field "input": found number 4, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was, vote by vote', () => {
    const rows = [votes(2, 2, 2), votes(1, 0, 1), votes(2, 1, 2), votes(0, 0, 1), votes(0, 1, 2)].map((change) => ({
      ...row,
      ...change,
    }))
    expectSameAgain(pandalmLayout, [...rows, { ...row, input: '' }])
    const written = groupsOf(pandalmLayout, rows, { ties: 'half' }).flatMap((group) => pandalmLayout.write(group))
    expect(written).toEqual(rows.map((one) => ({ ...one, idx: '0' })))
  })

  it('takes votes that give the nearest margin to a pair from elsewhere', () => {
    const third = (margin: number) =>
      pandalmLayout.write(pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b', margin }))[0]?.['annotator3']
    expect([1, 2 / 3, 1 / 3, 0.1].map(third)).toEqual([1, 0, 2, 2])
  })
})
