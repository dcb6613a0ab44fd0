import { describe, expect, it } from 'vitest'
import type { Row } from '../fields.ts'
import { alpacaLayout } from './alpaca.ts'
import { distilabelLayout, distilabelPairsLayout } from './distilabel.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import type { Layout } from './layout.ts'
import { sharegptLayout } from './sharegpt.ts'
import { swiftLayout } from './swift.ts'
import { textListsLayout } from './text-lists.ts'

const turn = (role: string, content: string) => ({ role, content })
const said = (from: string, value: string) => ({ from, value })
const ends = (chosen: string, rejected: string) => [[turn('assistant', chosen)], [turn('assistant', rejected)]]

/** Rows with what they say: prompt, responses, and the pairs of better and worse. */
const cases: readonly (readonly [string, Layout, Row, Row])[] = [
  [
    'turns of ShareGPT under a system turn',
    sharegptLayout,
    {
      system: 'Be brief.',
      conversations: [said('human', 'Weather?'), said('function_call', '{}'), said('observation', '12 C')],
      chosen: said('gpt', 'Cold.'),
      rejected: said('gpt', 'Hot.'),
    },
    {
      prompt: [
        turn('system', 'Be brief.'),
        turn('user', 'Weather?'),
        turn('function_call', '{}'),
        turn('tool', '12 C'),
      ],
      responses: ends('Cold.', 'Hot.'),
    },
  ],
  [
    'whole conversations in turns of ShareGPT',
    sharegptLayout,
    { chosen: [said('human', 'Hi'), said('gpt', 'a')], rejected: [said('human', 'Hi'), said('gpt', 'b')] },
    { prompt: [turn('user', 'Hi')], responses: ends('a', 'b') },
  ],
  [
    'one turn each after messages',
    sharegptLayout,
    {
      messages: [turn('user', 'Hi')],
      chosen: { ...turn('assistant', 'a'), thinking: 't' },
      rejected: turn('assistant', 'b'),
    },
    {
      prompt: [turn('user', 'Hi')],
      responses: [[{ ...turn('assistant', 'a'), thinking: 't' }], [turn('assistant', 'b')]],
    },
  ],
  [
    'texts after a conversation with a system turn of its own',
    sharegptLayout,
    { system: 'S', conversation: [said('system', 'Be brief.'), said('human', 'Hi')], chosen: 'a', rejected: 'b' },
    { prompt: [turn('system', 'Be brief.'), turn('user', 'Hi')], responses: ends('a', 'b'), meta: { system: 'S' } },
  ],
  [
    'answers as messages after messages',
    sharegptLayout,
    { messages: [turn('user', 'Hi')], chosen: [turn('assistant', 'a')], rejected: [turn('assistant', 'b')] },
    { prompt: [turn('user', 'Hi')], responses: ends('a', 'b') },
  ],
  [
    'other names of the assistant',
    sharegptLayout,
    { conversations: [said('human', 'Hi')], chosen: said('chatgpt', 'a'), rejected: said('bot', 'b') },
    { prompt: [turn('user', 'Hi')], responses: ends('a', 'b') },
  ],
  [
    'an instruction with an input, a history and a system turn',
    alpacaLayout,
    {
      system: 'Be brief.',
      history: [['Hi', 'Hello.']],
      instruction: 'Name a river.',
      input: 'In Germany.',
      chosen: 'Rhine.',
      rejected: 'Como.',
    },
    {
      prompt: [
        turn('system', 'Be brief.'),
        turn('user', 'Hi'),
        turn('assistant', 'Hello.'),
        turn('user', 'Name a river.\nIn Germany.'),
      ],
      responses: ends('Rhine.', 'Como.'),
    },
  ],
  [
    'the answers in a list of two',
    alpacaLayout,
    { instruction: 'Name a river.', input: '', output: ['Rhine.', 'Como.'] },
    { prompt: [turn('user', 'Name a river.')], responses: ends('Rhine.', 'Como.') },
  ],
  [
    'a system turn beside a question',
    alpacaLayout,
    { system: 'Be brief.', question: 'Name a river.', chosen: 'Rhine.', rejected: 'Como.' },
    { prompt: [turn('system', 'Be brief.'), turn('user', 'Name a river.')], responses: ends('Rhine.', 'Como.') },
  ],
  [
    'a rejected text for the last turn',
    swiftLayout,
    { messages: [turn('user', 'Hi'), turn('assistant', 'a')], rejected_response: 'b' },
    { prompt: [turn('user', 'Hi')], responses: ends('a', 'b'), preferences: [{ chosen: 0, rejected: 1 }] },
  ],
  [
    'a system turn in a column beside turns of ShareGPT',
    swiftLayout,
    { system: 'Be brief.', messages: [said('human', 'Hi'), said('gpt', 'a')], rejected_response: 'b' },
    { prompt: [turn('system', 'Be brief.'), turn('user', 'Hi')], responses: ends('a', 'b') },
  ],
  [
    'several rejected texts after a history',
    swiftLayout,
    { system: 'Be brief.', history: [['q', 'r']], prompt: 'Hi', response: 'a', rejected_responses: ['b', 'c'] },
    {
      prompt: [turn('system', 'Be brief.'), turn('user', 'q'), turn('assistant', 'r'), turn('user', 'Hi')],
      responses: [...ends('a', 'b'), [turn('assistant', 'c')]],
      preferences: [
        { chosen: 0, rejected: 1 },
        { chosen: 0, rejected: 2 },
      ],
    },
  ],
  [
    'a rejected conversation',
    swiftLayout,
    {
      messages: [turn('user', 'Hi'), turn('assistant', 'a')],
      rejected_messages: [turn('user', 'Hi'), turn('assistant', 'b'), turn('user', 'No'), turn('assistant', 'c')],
    },
    {
      prompt: [turn('user', 'Hi')],
      responses: [[turn('assistant', 'a')], [turn('assistant', 'b'), turn('user', 'No'), turn('assistant', 'c')]],
    },
  ],
  [
    'ratings of generations',
    distilabelLayout,
    { system_prompt: 'Be brief.', instruction: 'Hi', generations: ['a', 'b', 'c'], ratings: [2, 5, 4] },
    {
      prompt: [turn('system', 'Be brief.'), turn('user', 'Hi')],
      preferences: [
        { chosen: 1, rejected: 0, margin: 3 },
        { chosen: 2, rejected: 0, margin: 2 },
        { chosen: 1, rejected: 2, margin: 1 },
      ],
    },
  ],
  [
    'rated texts of Argilla',
    distilabelPairsLayout,
    {
      instruction: 'Hi',
      chosen_response: 'a',
      rejected_response: 'b',
      chosen_avg_rating: 4.5,
      rejected_avg_rating: 3.5,
    },
    { prompt: [turn('user', 'Hi')], responses: ends('a', 'b'), preferences: [{ chosen: 0, rejected: 1, margin: 1 }] },
  ],
  [
    'rated conversations that repeat the prompt',
    distilabelPairsLayout,
    {
      prompt: 'Hi',
      chosen: [turn('user', 'Hi'), turn('assistant', 'a')],
      'chosen-rating': 5,
      rejected: [turn('user', 'Hi'), turn('assistant', 'b')],
      'rejected-rating': 3,
    },
    { prompt: [turn('user', 'Hi')], responses: ends('a', 'b'), preferences: [{ chosen: 0, rejected: 1, margin: 2 }] },
  ],
  [
    'lists of answers',
    textListsLayout,
    { prompt: 'Hi', chosen: ['a', 'b'], rejected: ['c'] },
    {
      preferences: [
        { chosen: 0, rejected: 2 },
        { chosen: 1, rejected: 2 },
      ],
    },
  ],
]

describe('the layouts of tools', () => {
  it.each(cases)('read %s', (_, layout, row, expected) => {
    expect(layout.recognises(row)).toBe(true)
    expect(groupsOf(layout, [{ ...row, id: 'x', note: 'kept' }])).toMatchObject([
      { ...expected, id: 'x', form: 'messages', meta: { ...(expected['meta'] as Row | undefined), note: 'kept' } },
    ])
  })

  it.each(cases)('are written so that they read as before: %s', (_, layout, row) => {
    expectSameAgain(layout, [{ ...row, id: 'x', subset: 's', note: 'kept' }])
  })

  it.each<[Layout, Row, string]>([
    [sharegptLayout, { conversations: [{ from: 'human' }] }, 'field "conversations[0].value": found nothing'],
    [alpacaLayout, { instruction: 'Hi', history: [['a']], chosen: 'a', rejected: 'b' }, 'field "history[0]"'],
    [swiftLayout, { messages: [turn('user', 'Hi')], rejected_response: 'b' }, 'ends with the assistant'],
    [distilabelLayout, { prompt: 'Hi', generations: ['a', 'b'], ratings: [1] }, 'a list of 2 ratings'],
    [
      distilabelPairsLayout,
      { prompt: 'Hi', chosen: 'a', rejected: 'b', chosen_rating: 1, rejected_rating: 2 },
      'field "rejected_rating": found number 2, expected no more than',
    ],
    [textListsLayout, { chosen: ['Hi', 'a'], rejected: ['Hi', 'b'] }, 'they may be answers or turns'],
  ])('refuse what they cannot hold: %o', (layout, row, message) => {
    expect(() => readRows(layout, [{ chosen: said('gpt', 'a'), rejected: said('gpt', 'b'), ...row }])).toThrow(message)
  })

  it('leave out what has no rating, and ties', () => {
    const row = { prompt: 'Hi', generations: ['a', 'b', 'c'], ratings: [2, null, 2] }
    expect(readRows(distilabelLayout, [row])).toEqual([[{ skipped: 'tie' }, { skipped: 'unrated' }]])
    const rated = { prompt: 'Hi', chosen: 'a', rejected: 'b', chosen_rating: 2, rejected_rating: 2 }
    expect(readRows(distilabelPairsLayout, [rated])).toEqual([{ skipped: 'tie' }])
  })
})
