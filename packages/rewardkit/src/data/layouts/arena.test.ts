import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { arenaLayout } from './arena.ts'
import { createDraws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'

const user = (content: string) => ({ content, role: 'user' })
const assistant = (content: string) => ({ content, role: 'assistant' })
const row = {
  question_id: 'q1',
  model_a: 'vicuna-13b',
  model_b: 'koala-13b',
  winner: 'model_b',
  judge: 'arena_user_1',
  conversation_a: [user('Hi'), assistant('Hello.'), user('And?'), assistant('Well.')],
  conversation_b: [user('Hi'), assistant('Hey.'), user('And?'), assistant('So.')],
  turn: 2,
  anony: true,
  language: 'English',
  tstamp: 1682351591.1322,
}
const single = {
  conversation_a: row.conversation_a.slice(0, 2),
  conversation_b: row.conversation_b.slice(0, 2),
  turn: 1,
}
const read = (changes: object, options = {}) => readRows(arenaLayout, [{ ...row, ...changes }], options)[0]

describe('arena', () => {
  it('shares the first turn of the user; the rest of each conversation is its response', () => {
    expect(read({})).toMatchObject({
      id: 'q1',
      form: 'messages',
      prompt: [{ role: 'user', content: 'Hi' }],
      responses: [row.conversation_a.slice(1), row.conversation_b.slice(1)],
      preferences: [{ chosen: 1, rejected: 0 }],
      subset: 'English',
      meta: { model_a: 'vicuna-13b', model_b: 'koala-13b', judge: 'arena_user_1', anony: true },
    })
    expect(read({ winner: 'model_a' })).toMatchObject({ preferences: [{ chosen: 0, rejected: 1 }] })
  })

  it('shares more turns where the first answers are equal', () => {
    const conversation_b = [user('Hi'), assistant('Hello.'), user('And?'), assistant('So.')]
    expect(read({ conversation_b })).toMatchObject({
      prompt: [user('Hi'), assistant('Hello.'), user('And?')],
      responses: [[assistant('Well.')], [assistant('So.')]],
    })
  })

  it('takes both kinds of ties', () => {
    for (const winner of ['tie', 'tie (bothbad)']) {
      expect(read({ winner })).toEqual({ skipped: 'tie' })
      const [group] = groupsOf(arenaLayout, [{ ...row, winner }], { ties: 'half' })
      expect(group?.preferences).toEqual([{ chosen: 0, rejected: 1, probability: 0.5 }])
      expect(group && arenaLayout.write(group)).toEqual([{ ...row, winner }])
    }
  })

  it('takes first answers or single turns if asked to', () => {
    expect(read({}, { turns: 'first' })).toMatchObject({ responses: [[assistant('Hello.')], [assistant('Hey.')]] })
    expect(read({}, { turns: 'single' })).toEqual({ skipped: 'multi_turn' })
    expect(read(single, { turns: 'single' })).toMatchObject({ responses: [[assistant('Hello.')], [assistant('Hey.')]] })
  })

  it('takes the languages asked for, as codes or names', () => {
    expect(read({}, { languages: ['de'] })).toEqual({ skipped: 'language' })
    expect(read({}, { languages: ['en'] })).toMatchObject({ id: 'q1' })
  })

  it.each([
    [{ winner: 'a' }, 'field "winner": found text "a", expected model_a, model_b, tie or tie (bothbad)'],
    [{ winner: true }, 'field "winner": found boolean true'],
    [
      { conversation_b: [user('Ho'), assistant('x')] },
      'field "conversation_b[0].content": found text "Ho", expected the first',
    ],
    [{ conversation_a: 'Hi' }, 'field "conversation_a": found text "Hi", expected a list of messages'],
    [
      { conversation_a: [user('Hi')] },
      'field "conversation_a": found a list, expected a turn of the user and an answer',
    ],
    [{ conversation_a: [] }, 'field "conversation_a": found an empty list, expected a turn of the user and an answer'],
    [{ conversation_a: [assistant('Hi'), user('Hi')] }, 'field "conversation_a[0].role": found text "assistant"'],
    [
      { conversation_b: [user('Hi'), { role: 'assistant', content: 7 }] },
      'field "conversation_b[1].content": found number 7',
    ],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('reads what it wrote as the same (seed %i)', (seed) => {
    const { text, pick, integer } = createDraws(seed)
    const rows = Array.from({ length: 5 }, () => {
      const first = text()
      const conversation = () =>
        Array.from({ length: 1 + integer(3) }, (_, turn) => [
          user(turn === 0 ? first : pick(['And?', 'Why?'])),
          assistant(pick(['Yes.', 'No.', text()])),
        ]).flat()
      return {
        ...row,
        question_id: text(),
        winner: pick(['model_a', 'model_b', 'tie', 'tie (bothbad)']),
        conversation_a: conversation(),
        conversation_b: conversation(),
      }
    })
    for (const turns of ['whole', 'first', 'single'] as const) expectSameAgain(arenaLayout, rows, { turns })
  })

  it('holds no whole texts', () => {
    const pair = { id: '1', chosen: ' 7', rejected: ' 8' }
    expect(() => arenaLayout.write(pairGroup(pair))).toThrow('the prompt does not open with a turn of the user')
    expect(arenaLayout.write(pairGroup({ ...pair, prompt: 'Name a prime.' }))).toEqual([
      {
        question_id: '1',
        winner: 'model_a',
        conversation_a: [user('Name a prime.'), assistant(' 7')],
        conversation_b: [user('Name a prime.'), assistant(' 8')],
        turn: 1,
      },
    ])
  })
})
