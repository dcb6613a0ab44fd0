import { describe, expect, it } from 'vitest'
import type { Row } from '../fields.ts'
import { foreignFormats, recognisedFormat } from './index.ts'
import type { FormatName } from './names.ts'

const turns = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello.' },
]
const article = { id: 'f00', site: 'cnn', article: 'It rained.' }
const question = { dataset: 'eli5', id: 'q', full_text: 'Why?' }

/** A typical row of each layout of others, alphabetical. */
const rows: readonly (readonly [FormatName, Row])[] = [
  [
    'arena',
    { question_id: 'q', model_a: 'a', model_b: 'b', winner: 'model_a', conversation_a: turns, conversation_b: turns },
  ],
  ['oasst-pairs', { lang: 'en', parent_id: 'm', prompt: 'prompter: Hi', chosen: 'Hello.', rejected: 'What?' }],
  ['oasst-trees', { message_tree_id: 't', prompt: { message_id: 't', text: 'Hi', role: 'prompter', replies: [] } }],
  ['shp', { post_id: 'p', history: 'Hi', human_ref_A: 'a', human_ref_B: 'b', labels: 1, score_ratio: 2 }],
  ['summarize-axis', { info: article, summary: { text: 'Rain.', axes: { overall: 5 } }, worker: 'w', batch: 'cnndm1' }],
  ['summarize-comparisons', { info: article, summaries: [{ text: ' a' }, { text: ' b' }], choice: 0, worker: 'w' }],
  ['webgpt', { question, answer_0: 'a', answer_1: 'b', score_0: 1, score_1: -1, quotes_0: {}, quotes_1: {} }],
  ['webgpt-raw', { 0: { question, quotes: {}, answer: 'a', score: 1 }, 1: { question, answer: 'b', score: -1 } }],
]

/** Rows of our own layouts and TRL's, which no layout of others may take. */
const own: readonly (readonly [FormatName | 'response', Row])[] = [
  ['groups', { prompt: 'Hi', responses: ['a', 'b'] }],
  ['hh', { chosen: '\n\nHuman: Hi\n\nAssistant: a', rejected: '\n\nHuman: Hi\n\nAssistant: b' }],
  ['pairs', { prompt: 'Hi', chosen: 'a', rejected: 'b' }],
  ['pairs', { prompt: turns.slice(0, 1), chosen: turns.slice(1), rejected: turns.slice(1), margin: 1 }],
  ['pairs', { chosen: turns, rejected: turns }],
  ['response', { prompt: 'Hi', response: 'a' }],
]

describe('the layout of a row', () => {
  it.each(rows)('%s is recognised by it alone', (name, row) => {
    expect(foreignFormats.filter((format) => format.recognises(row)).map((format) => format.name)).toEqual([name])
  })

  it.each(own)('%s is recognised by no layout of others', (name, row) => {
    expect(foreignFormats.filter((format) => format.recognises(row))).toEqual([])
    expect(recognisedFormat(row).name).toBe(name)
  })

  it('has a row here for every layout of others', () => {
    expect(rows.map(([name]) => name).toSorted()).toEqual(foreignFormats.map(({ name }) => name).toSorted())
  })
})
