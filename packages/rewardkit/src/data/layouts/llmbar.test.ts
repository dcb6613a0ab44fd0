import { describe, expect, it } from 'vitest'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { llmbarLayout } from './llmbar.ts'

const row = { input: 'Why?', output_1: 'No.', output_2: 'So.', label: 2 }

describe('llmbar', () => {
  it('counts labels from 1', () => {
    expect(readRows(llmbarLayout, [row, { ...row, label: 1 }])).toMatchObject([
      {
        form: 'messages',
        prompt: [{ role: 'user', content: 'Why?' }],
        responses: [[{ role: 'assistant', content: 'No.' }], [{ role: 'assistant', content: 'So.' }]],
        preferences: [{ chosen: 1, rejected: 0 }],
      },
      { preferences: [{ chosen: 0, rejected: 1 }] },
    ])
  })

  it.each([
    [{ label: 0 }, 'field "label": found number 0, expected 1 (output_1 is better) or 2 (output_2 is)'],
    [{ label: '1' }, 'field "label": found text "1", expected 1'],
    [{ output_1: 4 }, 'field "output_1": found number 4, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => readRows(llmbarLayout, [{ ...row, ...changes }])).toThrow(message)
  })

  it('is read back as it was, and holds no tie', () => {
    expectSameAgain(llmbarLayout, [row, { ...row, label: 1 }])
    const [group] = groupsOf(llmbarLayout, [row])
    if (!group) throw new Error('no group')
    expect(llmbarLayout.write(group)).toEqual([row])
    const tie = { ...group, preferences: [{ chosen: 0, rejected: 1, probability: 0.5 }] }
    expect(() => llmbarLayout.write(tie)).toThrow('found a tie; this layout has none')
  })
})
