import { describe, expect, it } from 'vitest'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { rmbBestOfNLayout, rmbPairsLayout } from './rmb.ts'

const assistant = (content: string) => ({ role: 'assistant', content })
const turns = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello.' },
  { role: 'user', content: 'Warum?' },
]
const conversation_input = turns.map((turn, index) => (index === 2 ? { ...turn, language: 'German' } : turn))
const pair = {
  pair_uid: '14587',
  conversation_input,
  chosen: { llm_name: 'm1', answer: 'Darum.' },
  reject: { llm_name: 'm2', answer: 'Nie.' },
  category_path: 'Pairwise_set/Helpfulness/Open QA/Factual',
}
const readPair = (changes: object, options = {}) => readRows(rmbPairsLayout, [{ ...pair, ...changes }], options)[0]

describe('rmb-pairs', () => {
  it('reads the conversation, both answers, and the path as the subset', () => {
    expect(readPair({})).toMatchObject({
      id: '14587',
      form: 'messages',
      prompt: turns,
      responses: [[assistant('Darum.')], [assistant('Nie.')]],
      preferences: [{ chosen: 0, rejected: 1 }],
      subset: 'Pairwise_set/Helpfulness/Open QA/Factual',
      meta: { language: 'German', chosen: { llm_name: 'm1' }, reject: { llm_name: 'm2' } },
    })
  })

  it('leaves out other languages than those asked for, not those that are not said', () => {
    expect(readPair({}, { languages: ['en'] })).toEqual({ skipped: 'language' })
    expect(readPair({}, { languages: ['de'] })).toMatchObject({ id: '14587' })
    expect(readPair({ conversation_input: turns }, { languages: ['en'] })).toMatchObject({ id: '14587' })
  })

  it.each([
    [{ chosen: { llm_name: 'm' } }, 'field "chosen.answer": found nothing, expected text'],
    [{ reject: 'Nie.' }, 'field "reject": found text "Nie.", expected an object with "answer"'],
    [{ reject: { answer: true } }, 'field "reject.answer": found boolean true, expected text'],
    [{ conversation_input: [] }, 'field "conversation_input": found an empty list, expected a conversation'],
  ])('refuses %j', (changes, message) => {
    expect(() => readPair(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(rmbPairsLayout, [pair, { ...pair, conversation_input: turns }])
    expect(groupsOf(rmbPairsLayout, [pair]).flatMap((group) => rmbPairsLayout.write(group))).toEqual([pair])
  })
})

const bestOfN = {
  bon_uid: '3294',
  conversation_input,
  bon_best: { llm_name: 'm1', answer: 'Darum.' },
  loser_list: [
    { llm_name: 'm2', answer: 'Nie.' },
    { llm_name: 'm3', answer: 'Ja.' },
  ],
  category_path: 'BoN_set/Harmlessness/S1',
}
const read = (changes: object) => readRows(rmbBestOfNLayout, [{ ...bestOfN, ...changes }])[0]

describe('rmb-best-of-n', () => {
  it('prefers the best to each of the others', () => {
    expect(read({})).toMatchObject({
      id: '3294',
      responses: [[assistant('Darum.')], [assistant('Nie.')], [assistant('Ja.')]],
      preferences: [
        { chosen: 0, rejected: 1 },
        { chosen: 0, rejected: 2 },
      ],
      subset: 'BoN_set/Harmlessness/S1',
      meta: { bon_best: { llm_name: 'm1' }, loser_list: [{ llm_name: 'm2' }, { llm_name: 'm3' }] },
    })
  })

  it.each([
    [{ loser_list: [] }, 'field "loser_list": found an empty list, expected a list of answers'],
    [{ loser_list: [{ answer: 1 }] }, 'field "loser_list[0].answer": found number 1, expected text'],
    [{ bon_best: null }, 'field "bon_best": found null, expected an object with "answer"'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(rmbBestOfNLayout, [bestOfN])
    expect(groupsOf(rmbBestOfNLayout, [bestOfN]).flatMap((group) => rmbBestOfNLayout.write(group))).toEqual([bestOfN])
  })

  it('holds one best response only', () => {
    const [group] = groupsOf(rmbBestOfNLayout, [bestOfN])
    if (!group) throw new Error('no group')
    const preferences = [0, 1].map((chosen) => ({ chosen, rejected: 2 }))
    expect(() => rmbBestOfNLayout.write({ ...group, preferences })).toThrow('found 2 chosen responses')
  })
})
