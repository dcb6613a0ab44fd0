import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { otherColumns } from './layout.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { ultrafeedbackBinarizedLayout, ultrafeedbackLayout } from './ultrafeedback.ts'

const rated = (...ratings: readonly unknown[]) => ({
  annotations: Object.fromEntries(ratings.map((Rating, index) => [`aspect_${index}`, { Rating, Rationale: 'So.' }])),
})
const row = {
  source: 'sharegpt',
  instruction: 'How?',
  models: ['m0', 'm1', 'm2', 'm3'],
  correct_answers: ['None'],
  completions: [
    // The famous fault: an overall score of 10 that should be 1.
    { model: 'm0', response: 'a', overall_score: 10, 'fine-grained_score': 1.25, ...rated('1', '1', '1', '2') },
    { model: 'm1', response: 'b', overall_score: 8, 'fine-grained_score': 4.5, ...rated('4', '5', '4', '5') },
    { model: 'm2', response: 'c', overall_score: 7, 'fine-grained_score': 4.5, ...rated('5', '4', '4', '5') },
    { model: 'm3', response: 'd', overall_score: 5, ...rated('2', 'N/A', '3', 4) },
  ],
}
const read = (changes: object, options = {}) => readRows(ultrafeedbackLayout, [{ ...row, ...changes }], options)[0]

describe('ultrafeedback', () => {
  it('compares all completions by the mean of their ratings, whatever the overall score says', () => {
    const [group, ...others] = [read({})].flat()
    expect(group).toMatchObject({
      id: 'line-1',
      form: 'messages',
      prompt: [{ role: 'user', content: 'How?' }],
      responses: ['a', 'b', 'c', 'd'].map((content) => [{ role: 'assistant', content }]),
      preferences: [
        { chosen: 1, rejected: 0, margin: 3.25 },
        { chosen: 2, rejected: 0, margin: 3.25 },
        { chosen: 3, rejected: 0, margin: 1.75 },
        { chosen: 1, rejected: 3, margin: 1.5 },
        { chosen: 2, rejected: 3, margin: 1.5 },
      ],
      subset: 'sharegpt',
      meta: { models: row.models, completions: [{ model: 'm0', overall_score: 10 }, {}, {}, {}] },
    })
    expect(others).toEqual([{ skipped: 'tie' }])
    expect(JSON.stringify(group)).not.toContain('"response"')
  })

  it('gives ties half a probability and the others a whole one', () => {
    const [group] = groupsOf(ultrafeedbackLayout, [row], { ties: 'half' })
    expect(group?.preferences.filter(({ probability }) => probability === 0.5)).toEqual([
      { chosen: 1, rejected: 2, probability: 0.5 },
    ])
    expect(group?.preferences.filter(({ probability }) => probability === 1)).toHaveLength(5)
  })

  it('leaves out completions without ratings, and rows that have fewer than two with one', () => {
    const [first, second, third] = row.completions
    const unrated = { response: 'z', 'fine-grained_score': null, ...rated('N/A', null) }
    expect(read({ completions: [first, unrated, second] })).toMatchObject([
      { responses: [[{ content: 'a' }], [{ content: 'b' }]], preferences: [{ chosen: 1, rejected: 0 }] },
      { skipped: 'unrated' },
    ])
    expect(read({ completions: [first, unrated] })).toEqual([{ skipped: 'unrated' }])
    expect(read({ completions: [first] })).toEqual({ skipped: 'single_response' })
    expect(read({ completions: [] })).toEqual({ skipped: 'single_response' })
    expect(read({ completions: [second, third] })).toEqual([{ skipped: 'tie' }])
  })

  it.each([
    [{ instruction: 3 }, 'field "instruction": found number 3, expected text'],
    [{ completions: ['a'] }, 'field "completions[0]": found text "a", expected an object'],
    [{ completions: [{ response: true }] }, 'field "completions[0].response": found boolean true, expected text'],
    [
      { completions: [{ response: 'a', annotations: { honesty: { Rating: 'high' } } }] },
      'field "completions[0].annotations.honesty.Rating": found text "high", expected a number',
    ],
    [
      { completions: [{ response: 'a', 'fine-grained_score': '4' }] },
      'field "completions[0].fine-grained_score": found text "4", expected a finite number',
    ],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was, without a score column too', () => {
    expectSameAgain(ultrafeedbackLayout, [row])
    const completions = row.completions.map((completion) => otherColumns(completion, ['fine-grained_score']))
    expectSameAgain(ultrafeedbackLayout, [{ ...row, completions }])
  })

  it('holds the margins of a pair from elsewhere, and no preferences without a ranking', () => {
    const pair = pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b', margin: 2.5 })
    const [again] = groupsOf(ultrafeedbackLayout, ultrafeedbackLayout.write(pair))
    expect(again?.preferences).toEqual([{ chosen: 0, rejected: 1, margin: 2.5 }])
    const group = groupsOf(ultrafeedbackLayout, [row])[0]
    if (!group) throw new Error('no group')
    const lacking = { ...group, preferences: group.preferences.slice(1) }
    expect(() => ultrafeedbackLayout.write(lacking)).toThrow('do not form a ranking of the responses')
    const circle = [
      { chosen: 0, rejected: 1 },
      { chosen: 1, rejected: 2 },
      { chosen: 2, rejected: 0 },
    ]
    expect(() =>
      ultrafeedbackLayout.write({ ...group, responses: group.responses.slice(1), preferences: circle }),
    ).toThrow('do not form a ranking of the responses')
  })
})

const turn = (role: string, content: string) => ({ role, content })
const binarized = {
  prompt: 'Why?',
  prompt_id: '0f',
  chosen: [turn('user', 'Why?'), turn('assistant', 'So.')],
  rejected: [turn('user', 'Why?'), turn('assistant', 'No.')],
  messages: [turn('user', 'Why?'), turn('assistant', 'So.')],
  score_chosen: 8.5,
  score_rejected: 6,
}
const readBinarized = (changes: object, options = {}) =>
  readRows(ultrafeedbackBinarizedLayout, [{ ...binarized, ...changes }], options)[0]

describe('ultrafeedback-binarized', () => {
  it('takes the difference of the scores as the margin and keeps no second copy of the chosen text', () => {
    expect(readBinarized({})).toEqual({
      id: '0f',
      promptId: expect.any(String) as unknown,
      form: 'messages',
      prompt: [turn('user', 'Why?')],
      responses: [[turn('assistant', 'So.')], [turn('assistant', 'No.')]],
      preferences: [{ chosen: 0, rejected: 1, margin: 2.5 }],
      meta: { prompt_id: '0f', score_chosen: 8.5, score_rejected: 6 },
    })
  })

  it('writes a pair from elsewhere as one with a difference', () => {
    const scores = (margin: number) =>
      ultrafeedbackBinarizedLayout.write(pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b', margin }))
    expect(scores(2.5)).toMatchObject([{ score_chosen: 2.5, score_rejected: 0 }])
    expect(scores(-1)).toMatchObject([{ score_chosen: 1, score_rejected: 0 }])
  })

  it('takes equal scores for a tie', () => {
    expect(readBinarized({ score_rejected: 8.5 })).toEqual({ skipped: 'tie' })
    expect(readBinarized({ score_rejected: 8.5 }, { ties: 'half' })).toMatchObject({
      preferences: [{ chosen: 0, rejected: 1, probability: 0.5 }],
    })
  })

  it.each([
    [{ score_chosen: '8' }, 'field "score_chosen": found text "8", expected a finite number'],
    [{ score_rejected: 9 }, 'field "score_rejected": found number 9, expected no more than score_chosen, which is 8.5'],
    [{ prompt: null }, 'field "prompt": found null, expected text'],
    [{ chosen: 4 }, 'field "chosen": found number 4'],
  ])('refuses %j', (changes, message) => {
    expect(() => readBinarized(changes)).toThrow(message)
  })

  it('is read back as it was', () => {
    expectSameAgain(ultrafeedbackBinarizedLayout, [binarized, { ...binarized, score_rejected: 8.5 }])
    expect(
      groupsOf(ultrafeedbackBinarizedLayout, [binarized]).flatMap((group) => ultrafeedbackBinarizedLayout.write(group)),
    ).toEqual([binarized])
  })
})
