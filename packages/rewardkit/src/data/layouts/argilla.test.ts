import { describe, expect, it } from 'vitest'
import { at } from '../../at.ts'
import type { Row } from '../fields.ts'
import { argillaLayout } from './argilla.ts'
import { createDraws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { recognisedLayout } from './index.ts'

const texts = { prompt: 'Hi', response_1: 'a', response_2: 'b', response_3: 'c' }
const pair = (chosen: number, rejected: number) => ({ chosen, rejected })
const ranked = (...values: readonly (readonly [string, number])[]) => values.map(([value, rank]) => ({ value, rank }))

/** Rows, and the preferences that their author had in mind. */
const cases: readonly (readonly [string, Row, readonly Row[]])[] = [
  [
    'an order of Argilla 2',
    {
      ...texts,
      'preference.responses': [['response_2', 'response_1', 'response_3']],
      'preference.responses.users': ['u'],
      'preference.responses.status': ['submitted'],
    },
    [pair(1, 0), pair(0, 2), pair(1, 2)],
  ],
  [
    'ranks with a tie, of Argilla 1, as lists of objects',
    {
      instruction: 'Hi',
      response1: 'a',
      response2: 'b',
      response3: 'c',
      preference: [
        { user_id: 'u', status: 'submitted', value: ranked(['response1', 2], ['response2', 1], ['response3', 2]) },
        { user_id: 'v', status: 'discarded', value: null },
      ],
      'preference-suggestion': null,
    },
    [pair(1, 0), pair(1, 2)],
  ],
  [
    'ranks as Parquet stores them, of which a draft does not count',
    {
      ...texts,
      'rank.responses': [
        { value: ['response_3', 'response_1', 'response_2'], rank: [1, 2, 3] },
        { value: ['response_1', 'response_2', 'response_3'], rank: [1, 2, 3] },
      ],
      'rank.responses.status': ['submitted', 'draft'],
    },
    [pair(0, 1), pair(2, 0), pair(2, 1)],
  ],
  [
    'a suggestion where nobody answered',
    { prompt: 'Hi', reply_1: 'a', reply_2: 'b', 'better.responses': null, 'better.suggestion': 'reply_2' },
    [pair(1, 0)],
  ],
  [
    'ratings of each, their mean over people',
    {
      instruction: 'Hi',
      'generations-0': 'a',
      'generations-1': 'b',
      'generations-0-rating.responses': [5, 2],
      'generations-1-rating.responses': [2, 3],
      'generations-0-rationale.suggestion': 'why',
      'generations-1-rating.suggestion': 5,
    },
    [{ ...pair(0, 1), margin: 1 }],
  ],
]

describe('records of Argilla', () => {
  it.each(cases)('%s', (_, row, preferences) => {
    expect(recognisedLayout(row).name).toBe('argilla')
    const [group, ...others] = groupsOf(argillaLayout, [{ ...row, id: 'x', note: 'kept' }])
    expect(others).toEqual([])
    expect(group).toMatchObject({ id: 'x', prompt: [{ role: 'user', content: 'Hi' }], meta: { note: 'kept' } })
    expect(group?.preferences).toEqual(preferences)
    expectSameAgain(argillaLayout, [{ ...row, id: 'x', subset: 's', note: 'kept' }])
  })

  it('keep who answered what', () => {
    const answers = { 'p.responses': ['response_1'], 'p.responses.users': ['u'], 'p.responses.status': ['submitted'] }
    const row = { prompt: 'Hi', response_1: 'a', response_2: 'b', ...answers }
    expect(groupsOf(argillaLayout, [row])[0]?.meta).toEqual({ annotations: answers })
  })

  it('are left out where nobody said anything, all is equal, or one has no rating', () => {
    const two = { prompt: 'Hi', response_1: 'a', response_2: 'b' }
    expect(readRows(argillaLayout, [{ ...two, 'p.responses': null }])).toEqual([{ skipped: 'unrated' }])
    expect(readRows(argillaLayout, [{ ...two, 'p.responses': ['tie'] }])).toEqual([[{ skipped: 'tie' }]])
    expect(readRows(argillaLayout, [{ ...two, 'response_1-rating.responses': [3] }])).toEqual([
      [{ skipped: 'unrated' }],
    ])
  })

  it('are refused where two questions compare, or a rating is none', () => {
    const two = { prompt: 'Hi', response_1: 'a', response_2: 'b' }
    const both = { ...two, 'p.responses': ['response_1'], 'q.responses': ['response_2'] }
    expect(() => readRows(argillaLayout, [both])).toThrow('"p" and "q" both compare the responses')
    expect(() => readRows(argillaLayout, [{ ...two, 'response_1-rating.responses': ['good'] }])).toThrow('as a number')
  })

  it('read back as they were, 200 at random', () => {
    const draws = createDraws(5)
    for (let i = 0; i < 200; i++) {
      const names = Array.from({ length: 2 + draws.integer(4) }, (_, index) => `response_${index + 1}`)
      const ranks = names.map(() => 1 + draws.integer(4))
      const areRatings = draws.uniform() < 0.5
      const row: Row = {
        id: `r${i}`,
        prompt: draws.text(),
        ...Object.fromEntries(names.map((name) => [name, draws.text()])),
        ...(areRatings
          ? Object.fromEntries(names.map((name, index) => [`${name}-rating.responses`, [ranks[index]]]))
          : { 'p.responses': [names.map((value, index) => ({ value, rank: ranks[index] }))] }),
      }
      const better = (one: number, other: number) => (areRatings ? one > other : one < other)
      const expected = names.flatMap((_, one) =>
        names.flatMap((__, other) => (better(at(ranks, one), at(ranks, other)) ? [`${one} ${other}`] : [])),
      )
      const found = groupsOf(argillaLayout, [row]).flatMap(({ preferences }) =>
        preferences.map(({ chosen, rejected }) => `${chosen} ${rejected}`),
      )
      expect(found.toSorted()).toEqual(expected.toSorted())
      expectSameAgain(argillaLayout, [row])
    }
  })
})
