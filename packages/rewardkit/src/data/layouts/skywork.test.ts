import { describe, expect, it } from 'vitest'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { skyworkLayout } from './skywork.ts'

const turn = (role: string, content: string) => ({ role, content })
const row = {
  chosen: [turn('user', 'Hi'), turn('assistant', 'Hello.'), turn('user', 'Why?'), turn('assistant', 'So.')],
  rejected: [turn('user', 'Hi'), turn('assistant', 'Hello.'), turn('user', 'Why?'), turn('assistant', 'No.')],
  source: 'magpie_pro',
}

describe('skywork', () => {
  it('takes the source for the subset and the turns that both share for the prompt', () => {
    expect(readRows(skyworkLayout, [row])).toMatchObject([
      {
        form: 'messages',
        prompt: row.chosen.slice(0, 3),
        responses: [[turn('assistant', 'So.')], [turn('assistant', 'No.')]],
        preferences: [{ chosen: 0, rejected: 1 }],
        subset: 'magpie_pro',
      },
    ])
  })

  it('does not take pairs with other columns for its own', () => {
    expect(skyworkLayout.recognises({ ...row, prompt: 'Hi' })).toBe(false)
    expect(skyworkLayout.recognises({ ...row, margin: 1 })).toBe(false)
    expect(skyworkLayout.recognises({ ...row, chosen: 'a', rejected: 'b' })).toBe(false)
  })

  it.each([
    [{ chosen: 'Hi' }, 'field "chosen": found text "Hi", expected a conversation'],
    [{ rejected: [] }, 'field "rejected": found an empty list, expected a conversation'],
    [{ source: { a: 1 } }, 'field "source": found an object, expected text or an integer'],
  ])('refuses %j', (changes, message) => {
    expect(() => readRows(skyworkLayout, [{ ...row, ...changes }])).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(skyworkLayout, [row])
    expectSameAgain(skyworkLayout, [{ ...row, source: null }])
    expect(groupsOf(skyworkLayout, [row]).flatMap((group) => skyworkLayout.write(group))).toEqual([row])
  })
})
