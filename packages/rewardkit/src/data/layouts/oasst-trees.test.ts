import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import type { Row } from '../fields.ts'
import { createDraws, type Draws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { oasstTreesLayout } from './oasst-trees.ts'

const prompter = (id: string, text: string, replies: Row[] = [], more: Row = {}): Row => ({
  message_id: id,
  text,
  role: 'prompter',
  lang: 'en',
  deleted: false,
  synthetic: false,
  replies,
  ...more,
})
const assistant = (id: string, text: string, rank?: number, replies: Row[] = [], more: Row = {}): Row => ({
  ...prompter(id, text, replies),
  role: 'assistant',
  ...(rank === undefined ? {} : { rank }),
  ...more,
})
const tree = (prompt: unknown): Row => ({ message_tree_id: 'p', tree_state: 'ready_for_export', prompt })
const read = (prompt: unknown, options = {}) => readRows(oasstTreesLayout, [tree(prompt)], options)[0]

describe('oasst-trees', () => {
  it('makes a group of every message with two or more ranked replies, with distances of ranks as margins', () => {
    const below = [assistant('c', 'C', 0), assistant('d', 'D', 1)]
    const root = prompter('p', 'P', [
      assistant('a', 'A', 2),
      assistant('b', 'B', 0, [prompter('q', 'Q', below), prompter('r', 'R', [assistant('e', 'E', 0)])]),
      assistant('x', 'X', 1),
    ])
    expect(read(root)).toMatchObject([
      {
        id: 'p',
        form: 'messages',
        prompt: [{ role: 'user', content: 'P' }],
        responses: [[{ role: 'assistant', content: 'A' }], [{ content: 'B' }], [{ content: 'X' }]],
        preferences: [
          { chosen: 1, rejected: 0, margin: 1 },
          { chosen: 2, rejected: 0, margin: 0.5 },
          { chosen: 1, rejected: 2, margin: 0.5 },
        ],
        subset: 'en',
        meta: { message_tree_id: 'p', tree_state: 'ready_for_export', replies: [{ message_id: 'a' }, {}, {}] },
      },
      {
        id: 'q',
        prompt: [
          { role: 'user', content: 'P' },
          { role: 'assistant', content: 'B' },
          { role: 'user', content: 'Q' },
        ],
        responses: [[{ content: 'C' }], [{ content: 'D' }]],
        preferences: [{ chosen: 0, rejected: 1, margin: 1 }],
      },
    ])
  })

  it('leaves out what is deleted, with all below, and what has no rank; synthetic replies stay', () => {
    const deleted = { deleted: true }
    const root = prompter('p', 'P', [
      assistant('a', 'A', 0),
      assistant('b', 'B', 1, [prompter('q', 'Q', [assistant('c', 'C', 0), assistant('d', 'D', 1)])], deleted),
      assistant('x', 'X', undefined),
      assistant('n', 'N', undefined, [], { rank: null }),
      assistant('y', 'Y', 2, [], { synthetic: true, model_name: 'm' }),
      assistant('z', 'Z', 3),
    ])
    expect(read(root)).toMatchObject([
      {
        id: 'p',
        responses: [[{ content: 'A' }], [{ content: 'Y' }], [{ content: 'Z' }]],
        preferences: [{ margin: 0.5 }, { margin: 1 }, { margin: 0.5 }],
      },
    ])
    expect(read(root)).toHaveLength(1)
  })

  it('says where a tree has nothing to compare', () => {
    expect(read(prompter('p', 'P', [assistant('a', 'A', 0)]))).toEqual({ skipped: 'no_ranked_replies' })
    expect(read(prompter('p', 'P'))).toEqual({ skipped: 'no_ranked_replies' })
    expect(read({ ...prompter('p', 'P'), replies: null })).toEqual({ skipped: 'no_ranked_replies' })
    const replies = [assistant('a', 'A', 0), assistant('b', 'B', 1)]
    expect(read(prompter('p', 'P', replies, { deleted: true }))).toEqual({ skipped: 'no_ranked_replies' })
  })

  it('takes equal ranks as ties', () => {
    const root = prompter('p', 'P', [assistant('a', 'A', 0), assistant('b', 'B', 0), assistant('c', 'C', 1)])
    expect(read(root)).toMatchObject([{ preferences: [{ chosen: 0, rejected: 2 }, { chosen: 1 }] }, { skipped: 'tie' }])
  })

  it('takes the languages asked for, message by message', () => {
    const below = [assistant('c', 'C', 0), assistant('d', 'D', 1)]
    const german = prompter('q', 'Q', below, { lang: 'de' })
    const root = prompter('p', 'P', [assistant('a', 'A', 0, [german]), assistant('b', 'B', 1)])
    expect(read(root, { languages: ['German'] })).toMatchObject([{ skipped: 'language' }, { id: 'q', subset: 'de' }])
  })

  it.each([
    [null, 'field "prompt": found null, expected a message {"role", "text", "replies"}'],
    [
      prompter('p', 'P', [prompter('q', 'Q')]),
      'field "prompt.replies[0].role": found text "prompter", expected "assistant"',
    ],
    [assistant('a', 'A'), 'field "prompt.role": found text "assistant", expected "prompter"'],
    [{ ...prompter('p', 'P'), text: 3 }, 'field "prompt.text": found number 3, expected text'],
    [{ ...prompter('p', 'P'), replies: 'x' }, 'field "prompt.replies": found text "x", expected a list of messages'],
    [
      prompter('p', 'P', [assistant('a', 'A', 0.5)]),
      'field "prompt.replies[0].rank": found number 0.5, expected a whole',
    ],
    [prompter('p', 'P', [assistant('a', 'A', 0, [], { rank: '1' })]), 'field "prompt.replies[0].rank": found text "1"'],
  ])('refuses %j', (prompt, message) => {
    expect(() => read(prompt)).toThrow(message)
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('reads what it wrote as the same (seed %i)', (seed) => {
    const draws = createDraws(seed)
    expectSameAgain(
      oasstTreesLayout,
      Array.from({ length: 4 }, () => tree(randomMessage(draws, 0))),
    )
  })

  it('holds rankings of all responses only, and conversations whose roles alternate', () => {
    const pair = pairGroup({ id: '1', prompt: 'Name a prime.', chosen: ' 8', rejected: ' 7', subset: 'en' })
    const group = { ...pair, responses: [...pair.responses, [{ role: 'assistant', content: '9' }]] }
    expect(groupsOf(oasstTreesLayout, oasstTreesLayout.write(pair))).toMatchObject([
      { id: '1', subset: 'en', preferences: [{ chosen: 0, rejected: 1, margin: 1 }] },
    ])
    const circle = [
      { chosen: 0, rejected: 1 },
      { chosen: 1, rejected: 2 },
      { chosen: 2, rejected: 0 },
    ]
    for (const preferences of [circle, circle.slice(0, 1), circle.slice(0, 2)])
      expect(() => oasstTreesLayout.write({ ...group, preferences })).toThrow('do not form a ranking of the responses')
    expect(() => oasstTreesLayout.write({ ...pair, prompt: [{ role: 'system', content: 's' }] })).toThrow(
      'turn 1 of 1 of the prompt has the role "system"',
    )
    expect(() => oasstTreesLayout.write({ ...pair, prompt: [] })).toThrow('the prompt is empty')
  })
})

/** Down to three turns below the root, with ranks that leave gaps and repeat. */
function randomMessage(draws: Draws, depth: number): Row {
  const replies = depth === 3 ? [] : Array.from({ length: draws.integer(4) }, () => randomMessage(draws, depth + 1))
  const more = { lang: draws.pick(['en', 'pt-BR']), deleted: draws.integer(6) === 0 && depth > 0 }
  return depth % 2 === 0
    ? prompter(draws.text(), draws.text(), replies, more)
    : assistant(draws.text(), draws.text(), draws.pick([0, 1, 2, 5, undefined]), replies, more)
}
