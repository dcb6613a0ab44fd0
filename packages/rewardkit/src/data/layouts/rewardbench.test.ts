import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { rewardbench2Layout, rewardbenchLayout } from './rewardbench.ts'

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

const row = {
  id: 30,
  prompt: 'Why?',
  chosen: 'So.',
  chosen_model: 'GPT-4',
  rejected: 'No.',
  rejected_model: 'llama',
  subset: 'alpacaeval-easy',
}

describe('rewardbench', () => {
  it('makes messages of the texts and keeps the models', () => {
    expect(readRows(rewardbenchLayout, [row])).toMatchObject([
      {
        id: '30',
        form: 'messages',
        prompt: [user('Why?')],
        responses: [[assistant('So.')], [assistant('No.')]],
        preferences: [{ chosen: 0, rejected: 1 }],
        subset: 'alpacaeval-easy',
        meta: { chosen_model: 'GPT-4', rejected_model: 'llama' },
      },
    ])
  })

  it('is recognised where the models are not known, as in pairs from elsewhere', () => {
    const pair = pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b' })
    const [written = {}] = rewardbenchLayout.write(pair)
    expect(written).toMatchObject({ chosen_model: null, rejected_model: null })
    expect(rewardbenchLayout.recognises(written)).toBe(true)
  })

  it('reads a prompt of several turns', () => {
    const prompt = [user('Hi'), assistant('Hello.'), user('Why?')]
    expect(groupsOf(rewardbenchLayout, [{ ...row, prompt }])[0]?.prompt).toEqual(prompt)
    expectSameAgain(rewardbenchLayout, [{ ...row, prompt }])
  })

  it.each([
    [{ prompt: 4 }, 'field "prompt": found number 4, expected text or a list of messages'],
    [{ chosen: true }, 'field "chosen": found boolean true, expected text'],
    [{ rejected: null }, 'field "rejected": found null, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => readRows(rewardbenchLayout, [{ ...row, ...changes }])).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(rewardbenchLayout, [row])
    expect(groupsOf(rewardbenchLayout, [row]).flatMap((group) => rewardbenchLayout.write(group))).toEqual([
      { ...row, id: '30' },
    ])
  })
})

const row2 = {
  id: 'tied:3',
  prompt: 'Name a colour.',
  chosen: ['Red', 'Blue'],
  rejected: ['Seven', 'Up', 'Tall'],
  num_correct: 2,
  num_incorrect: 3,
  total_completions: 5,
  models: ['m', 'm', 'm', 'm', 'm'],
  subset: 'Ties',
  additional_metadata: null,
}

describe('rewardbench2', () => {
  it('prefers each chosen response to each rejected one and compares no two of a side', () => {
    const [group] = groupsOf(rewardbench2Layout, [row2])
    expect(group).toMatchObject({
      id: 'tied:3',
      form: 'messages',
      prompt: [user('Name a colour.')],
      responses: ['Red', 'Blue', 'Seven', 'Up', 'Tall'].map((text) => [assistant(text)]),
      subset: 'Ties',
    })
    expect(group?.preferences.map(({ chosen, rejected }) => [chosen, rejected])).toEqual([
      [0, 2],
      [0, 3],
      [0, 4],
      [1, 2],
      [1, 3],
      [1, 4],
    ])
    expect(group?.meta).toEqual({ models: row2.models, additional_metadata: null })
  })

  it.each([
    [{ chosen: 'Red' }, 'field "chosen": found text "Red", expected a list of texts'],
    [{ chosen: [] }, 'field "chosen": found an empty list, expected a list of texts'],
    [{ rejected: ['Up', false] }, 'field "rejected[1]": found boolean false, expected text'],
    [{ prompt: null }, 'field "prompt": found null, expected text or a list of messages'],
  ])('refuses %j', (changes, message) => {
    expect(() => readRows(rewardbench2Layout, [{ ...row2, ...changes }])).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(rewardbench2Layout, [row2, { ...row2, chosen: ['Red'] }])
    expect(groupsOf(rewardbench2Layout, [row2]).flatMap((group) => rewardbench2Layout.write(group))).toEqual([row2])
  })

  it('holds a pair, and no ranking of three', () => {
    const pair = pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b' })
    expect(rewardbench2Layout.write(pair)).toMatchObject([{ chosen: ['a'], rejected: ['b'], total_completions: 2 }])
    const [group] = groupsOf(rewardbench2Layout, [row2])
    if (!group) throw new Error('no group')
    for (const preferences of [
      [
        { chosen: 0, rejected: 1 },
        { chosen: 1, rejected: 2 },
      ],
      group.preferences.slice(1),
    ])
      expect(() => rewardbench2Layout.write({ ...group, preferences })).toThrow('do not divide the responses')
  })
})
