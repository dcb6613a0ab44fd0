import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { createDraws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { webgptLayout, webgptRawLayout } from './webgpt.ts'

const question = { dataset: 'eli5', id: 'q1', full_text: 'Why?' }
const row = {
  question,
  quotes_0: { title: ['T (example.org)'], extract: ['E'] },
  answer_0: 'So [1].',
  tokens_0: { prefix: [1], completion: [2] },
  score_0: 0.6666666865348816,
  quotes_1: { title: [], extract: [] },
  answer_1: 'Thus [1, 2].',
  tokens_1: { prefix: [1], completion: [3] },
  score_1: -0.6666666865348816,
}
const side = (answer: string, score: number) => ({ question, quotes: { title: ['T'], extract: ['E'] }, answer, score })
const raw = { 0: side('So.', -0.5), 1: side('Thus.', 0.5) }
const read = (changes: object, options = {}) => readRows(webgptLayout, [{ ...row, ...changes }], options)[0]
const readRaw = (changes: object, options = {}) => readRows(webgptRawLayout, [{ ...raw, ...changes }], options)[0]

describe('webgpt', () => {
  it('prefers the answer whose score is above 0, by that score', () => {
    expect(read({})).toMatchObject({
      id: 'q1',
      form: 'messages',
      prompt: [{ role: 'user', content: 'Why?' }],
      responses: [[{ role: 'assistant', content: 'So [1].' }], [{ role: 'assistant', content: 'Thus [1, 2].' }]],
      preferences: [{ chosen: 0, rejected: 1, margin: 0.6666666865348816 }],
      subset: 'eli5',
      meta: { question: { id: 'q1' }, quotes_0: { extract: ['E'] }, tokens_1: { completion: [3] } },
    })
    expect(read({ score_0: -1, score_1: 1 })).toMatchObject({ preferences: [{ chosen: 1, rejected: 0, margin: 1 }] })
  })

  it('takes two zeros as a tie', () => {
    const tie = { score_0: 0, score_1: 0 }
    expect(read(tie)).toEqual({ skipped: 'tie' })
    expect(groupsOf(webgptLayout, [{ ...row, ...tie }], { ties: 'half' })[0]?.preferences).toEqual([
      { chosen: 0, rejected: 1, probability: 0.5 },
    ])
    expect(read({ score_0: -0, score_1: 0 })).toEqual({ skipped: 'tie' })
  })

  it.each([
    ['A [1]. B [1, 2]. C[1][2]. D [3] [12].', 'A. B. C. D.'],
    ['[1] First.\n[2] Second.', ' First.\n Second.'],
    [
      'The year [2020], a list [a] and x[i] stay, ( [1,2] ) not.',
      'The year [2020], a list [a] and x[i] stay, ( ) not.',
    ],
    ['None.', 'None.'],
  ])('strips references: %j', (answer, expected) => {
    expect(read({ answer_0: answer }, { citations: 'strip' })).toMatchObject({
      responses: [[{ content: expected }], [{}]],
    })
    expect(read({ answer_0: answer })).toMatchObject({ responses: [[{ content: answer }], [{}]] })
  })

  it.each([
    [{ score_1: 0.5 }, 'field "score_1": found number 0.5, expected -0.6666666865348816, for the two scores sum to 0'],
    [{ score_0: '1' }, 'field "score_0": found text "1", expected a finite number'],
    [{ score_0: null }, 'field "score_0": found null, expected a finite number'],
    [{ score_0: NaN }, 'field "score_0": found number NaN, expected a finite number'],
    [{ answer_1: false }, 'field "answer_1": found boolean false, expected text'],
    [{ question: 'Why?' }, 'field "question": found text "Why?", expected an object with "full_text"'],
    [{ question: { id: 'x' } }, 'field "question.full_text": found nothing, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is written unchanged', () => {
    for (const scores of [{}, { score_0: -0.5, score_1: 0.5 }, { score_0: 0, score_1: 0 }]) {
      const [group] = groupsOf(webgptLayout, [{ ...row, ...scores }], { ties: 'half' })
      expect(group && webgptLayout.write(group)).toEqual([{ ...row, ...scores }])
    }
  })

  it('holds no preference without its strength, and no conversations', () => {
    const pair = { id: '1', prompt: 'Name a prime.', chosen: ' 7', rejected: ' 8' }
    expect(() => webgptLayout.write(pairGroup(pair))).toThrow('found no margin; this layout holds the strength')
    expect(() => webgptLayout.write(pairGroup({ ...pair, margin: 0 }))).toThrow('found the margin 0; this layout')
    const message = { role: 'user', content: 'x' }
    const turns = pairGroup({ ...pair, margin: 1, prompt: [message, message] })
    expect(() => webgptLayout.write(turns)).toThrow('the prompt is a conversation of 2 messages')
    expect(webgptLayout.write(pairGroup({ ...pair, margin: 1, subset: 'primes' }))).toEqual([
      {
        question: { dataset: 'primes', id: '1', full_text: 'Name a prime.' },
        answer_0: ' 7',
        answer_1: ' 8',
        score_0: 1,
        score_1: -1,
      },
    ])
  })
})

describe('webgpt-raw', () => {
  it('reads the two objects of a line as the other layout reads them', () => {
    expect(readRaw({})).toMatchObject({
      id: 'q1',
      prompt: [{ content: 'Why?' }],
      responses: [[{ content: 'So.' }], [{ content: 'Thus.' }]],
      preferences: [{ chosen: 1, rejected: 0, margin: 0.5 }],
      subset: 'eli5',
      meta: { question: { id: 'q1' }, quotes_0: { title: ['T'] }, quotes_1: { extract: ['E'] } },
    })
  })

  it.each([
    [{ 1: side('x', 0.4) }, 'field "1.score": found number 0.4, expected 0.5, for the two scores sum to 0'],
    [{ 0: { ...side('x', 1), answer: null } }, 'field "0.answer": found null, expected text'],
    [{ 1: 'x' }, 'field "1": found text "x", expected an object {question, quotes, answer, score}'],
    [
      { 1: { ...raw[1], question: { full_text: 'How?' } } },
      'field "1.question.full_text": found text "How?", expected the question',
    ],
    [{ 1: { ...raw[1], question: null } }, 'field "1.question": found null, expected an object with "full_text"'],
  ])('refuses %j', (changes, message) => {
    expect(() => readRaw(changes)).toThrow(message)
  })

  it('is written unchanged', () => {
    const [group] = groupsOf(webgptRawLayout, [raw])
    expect(group && webgptRawLayout.write(group)).toEqual([raw])
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('both read what they wrote as the same (seed %i)', (seed) => {
    const { text, pick, uniform } = createDraws(seed)
    const answers = Array.from({ length: 5 }, () => {
      const asked = { dataset: pick(['eli5', 'triviaqa']), id: text(), full_text: text() }
      const score = pick([0, 1, -0.25, Math.fround(uniform())])
      return [score, -score].map((value) => ({ ...side(text(), value), question: asked, tokens: { prefix: [1] } }))
    })
    for (const citations of ['keep', 'strip'] as const)
      expectSameAgain(
        webgptRawLayout,
        answers.map(([first, second]) => ({ 0: first, 1: second })),
        { citations },
      )
    const groups = groupsOf(
      webgptRawLayout,
      answers.map(([first, second]) => ({ 0: first, 1: second })),
      { ties: 'half' },
    )
    const rows = groups.flatMap((group) => webgptLayout.write(group))
    expectSameAgain(webgptLayout, rows)
    expect(groupsOf(webgptLayout, rows, { ties: 'half' })).toEqual(groups)
  })
})
