import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { helpsteer2Layout, helpsteer3Layout } from './helpsteer.ts'

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

const row2 = {
  split: 'train',
  prompt: 'c#',
  response_1: 'A language.',
  response_2: 'A note.',
  preference_strength: -2,
  preference_statement: '@Response 1 is better',
}
const read2 = (changes: object, options = {}) => readRows(helpsteer2Layout, [{ ...row2, ...changes }], options)[0]

describe('helpsteer2', () => {
  it('takes response 1 for the better one below 0, response 2 above, by the size of the strength', () => {
    expect(read2({})).toMatchObject({
      id: 'line-1',
      form: 'messages',
      prompt: [user('c#')],
      responses: [[assistant('A language.')], [assistant('A note.')]],
      preferences: [{ chosen: 0, rejected: 1, margin: 2 }],
      meta: { split: 'train', preference_statement: '@Response 1 is better' },
    })
    expect(read2({ preference_strength: 3 })).toMatchObject({ preferences: [{ chosen: 1, rejected: 0, margin: 3 }] })
    expect(read2({ preference_strength: 0 })).toEqual({ skipped: 'tie' })
  })

  it('makes messages of a prompt of several turns', () => {
    const prompt = 'Name a prime.\n<extra_id_1>Assistant\n7\n\nor 11\n<extra_id_1>User\nAnother'
    expect(read2({ prompt })).toMatchObject({
      prompt: [user('Name a prime.'), assistant('7\n\nor 11'), user('Another')],
    })
    expectSameAgain(helpsteer2Layout, [{ ...row2, prompt }])
  })

  it.each([
    [{ preference_strength: '1' }, 'field "preference_strength": found text "1", expected a finite number'],
    [
      { preference_strength: -100 },
      'field "preference_strength": found number -100, expected a number between -3 and 3',
    ],
    [{ preference_strength: null }, 'field "preference_strength": found null, expected a number between -3 and 3'],
    [{ response_2: false }, 'field "response_2": found boolean false, expected text'],
    [{ prompt: ['c#'] }, 'field "prompt": found a list, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read2(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    const strengths = [-3, -2, -1, 0, 1, 2, 3]
    expectSameAgain(
      helpsteer2Layout,
      strengths.map((preference_strength) => ({ ...row2, preference_strength })),
    )
  })

  it('takes the nearest step for a margin from elsewhere, and holds no system turn', () => {
    const strength = (margin?: number) =>
      helpsteer2Layout.write(
        pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b', ...(margin === undefined ? {} : { margin }) }),
      )[0]?.['preference_strength']
    expect([strength(), strength(0.2), strength(1.6), strength(9)]).toEqual([-1, -1, -2, -3])
    const prompt = [{ role: 'system', content: 'Be brief.' }, user('p')]
    expect(() => helpsteer2Layout.write(pairGroup({ id: 'x', prompt, chosen: 'a', rejected: 'b' }))).toThrow(
      'a prompt with the role "system" at turn 1',
    )
  })
})

const row3 = {
  domain: 'multilingual',
  language: 'german',
  context: [user('Wie?'), assistant('So.'), user('Warum?')],
  response1: 'Darum.',
  response2: 'Nie.',
  overall_preference: 1,
  individual_preference: [{ score: 1, reasoning: 'So.', feedback1: '', feedback2: '' }],
}
const read3 = (changes: object, options = {}) => readRows(helpsteer3Layout, [{ ...row3, ...changes }], options)[0]

describe('helpsteer3', () => {
  it('takes response 2 for the better one above 0', () => {
    expect(read3({})).toMatchObject({
      prompt: row3.context,
      responses: [[assistant('Darum.')], [assistant('Nie.')]],
      preferences: [{ chosen: 1, rejected: 0, margin: 1 }],
      subset: 'multilingual',
      meta: { language: 'german', individual_preference: row3.individual_preference },
    })
    expect(read3({ overall_preference: -3 })).toMatchObject({ preferences: [{ chosen: 0, rejected: 1, margin: 3 }] })
    expect(read3({ overall_preference: 0 }, { ties: 'half' })).toMatchObject({ preferences: [{ probability: 0.5 }] })
  })

  it('leaves out other languages than those asked for', () => {
    expect(read3({}, { languages: ['en'] })).toEqual({ skipped: 'language' })
    expect(read3({}, { languages: ['en', 'de'] })).toMatchObject({ preferences: [{}] })
    expect(read3({ domain: 'code', language: 'python' }, { languages: ['en'] })).toEqual({ skipped: 'language' })
  })

  it.each([
    [{ overall_preference: 4 }, 'field "overall_preference": found number 4, expected a number between -3 and 3'],
    [{ context: [] }, 'field "context": found an empty list, expected a conversation'],
    [{ context: [{ role: 'user' }] }, 'field "context[0].content": found nothing, expected text'],
    [{ response1: null }, 'field "response1": found null, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read3(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    const rows = [-3, -1, 0, 2].map((overall_preference) => ({ ...row3, overall_preference }))
    expectSameAgain(helpsteer3Layout, rows)
    expect(groupsOf(helpsteer3Layout, [row3]).flatMap((group) => helpsteer3Layout.write(group))).toEqual([row3])
  })
})
