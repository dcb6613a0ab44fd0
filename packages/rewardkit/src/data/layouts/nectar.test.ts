import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { nectarLayout } from './nectar.ts'

const row = {
  prompt: '\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Name a prime.\n\nAssistant: ',
  answers: [
    { answer: '7', model: 'gpt-4', rank: 1 },
    { answer: '8\n\nHuman: or 9?', model: 'llama', rank: 3 },
    { answer: '11.', model: 'mistral', rank: 2 },
  ],
  turns: 2,
  num_responses: 3,
  source: ['lmsys-chat-1m'],
  good_natured: true,
}
const read = (changes: object, options = {}) => readRows(nectarLayout, [{ ...row, ...changes }], options)[0]

describe('nectar', () => {
  it('makes a group with margins by the distance of the ranks, and takes answers whole', () => {
    expect(read({})).toMatchObject([
      {
        form: 'messages',
        prompt: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Hello.' },
          { role: 'user', content: 'Name a prime.' },
        ],
        responses: [
          [{ role: 'assistant', content: '7' }],
          [{ role: 'assistant', content: '8\n\nHuman: or 9?' }],
          [{ role: 'assistant', content: '11.' }],
        ],
        preferences: [
          { chosen: 0, rejected: 1, margin: 1 },
          { chosen: 0, rejected: 2, margin: 0.5 },
          { chosen: 2, rejected: 1, margin: 0.5 },
        ],
        meta: { answers: [{ model: 'gpt-4', rank: 1 }, {}, {}], source: ['lmsys-chat-1m'], good_natured: true },
      },
    ])
  })

  it('counts 21 pairs of seven, and those of equal rank as ties', () => {
    const answers = Array.from({ length: 7 }, (_, index) => ({ answer: `${index}`, rank: 7 - index }))
    const [group] = groupsOf(nectarLayout, [{ ...row, answers }])
    expect(group?.preferences).toHaveLength(21)
    expect(group?.preferences.find(({ chosen, rejected }) => chosen === 6 && rejected === 0)?.margin).toBe(1)
    const equal = answers.slice(0, 2).map((answer) => ({ ...answer, rank: 1 }))
    expect(read({ answers: equal })).toEqual([{ skipped: 'tie' }])
  })

  it.each([
    [{ prompt: 'Name a prime.' }, 'field "prompt": found text "Name a prime.", expected a transcript'],
    [{ prompt: '\n\nHuman: Hi' }, 'field "prompt": found text "\\n\\nHuman: Hi", expected a transcript'],
    [{ prompt: 4 }, 'field "prompt": found number 4, expected text'],
    [{ answers: [] }, 'field "answers": found an empty list, expected a list of at least two'],
    [{ answers: ['7', '8'] }, 'field "answers[0]": found text "7", expected an object'],
    [{ answers: [row.answers[0], { rank: 2 }] }, 'field "answers[1].answer": found nothing, expected text'],
    [{ answers: [row.answers[0], { answer: '8' }] }, 'field "answers[1].rank": found nothing, expected a number'],
    [{ answers: [row.answers[0], { answer: '8', rank: '2' }] }, 'field "answers[1].rank": found text "2"'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(nectarLayout, [
      row,
      { ...row, answers: row.answers.map((a) => ({ ...a, rank: a.rank > 1 ? 2 : 1 })) },
    ])
    expect(groupsOf(nectarLayout, [row]).flatMap((group) => nectarLayout.write(group))).toEqual([row])
  })

  it('ranks a pair from elsewhere', () => {
    const [written] = nectarLayout.write(pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b' }))
    expect(written).toEqual({
      prompt: '\n\nHuman: p\n\nAssistant: ',
      answers: [
        { answer: 'a', rank: 1 },
        { answer: 'b', rank: 2 },
      ],
    })
  })
})
