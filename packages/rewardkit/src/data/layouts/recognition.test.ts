import { describe, expect, it } from 'vitest'
import type { Row } from '../fields.ts'
import { foreignLayouts, recognisedLayout } from './index.ts'
import type { LayoutName } from './layout-names.ts'

const turns = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello.' },
]
const article = { id: 'f00', site: 'cnn', article: 'It rained.' }
const question = { dataset: 'eli5', id: 'q', full_text: 'Why?' }

/** A typical row of each layout of others, alphabetical. */
const rows: readonly (readonly [LayoutName, Row])[] = [
  ['alpaca', { instruction: 'Hi', input: '', chosen: 'a', rejected: 'b' }],
  [
    'alpacaeval',
    { instruction: 'Hi', output_1: 'a', output_2: 'b', preference: 1.2, annotator: 'j', dataset: 'koala' },
  ],
  [
    'arena',
    { question_id: 'q', model_a: 'a', model_b: 'b', winner: 'model_a', conversation_a: turns, conversation_b: turns },
  ],
  [
    'argilla',
    { prompt: 'Hi', response_1: 'a', response_2: 'b', 'preference.responses': [['response_2', 'response_1']] },
  ],
  ['distilabel', { instruction: 'Hi', generations: ['a', 'b'], ratings: [5, 3], rationales: ['x', 'y'] }],
  ['distilabel-pairs', { prompt: 'Hi', chosen: turns, 'chosen-rating': 5, rejected: turns, 'rejected-rating': 3 }],
  ['helpsteer2', { split: 'train', prompt: 'Hi', response_1: 'a', response_2: 'b', preference_strength: 1 }],
  [
    'helpsteer3',
    { domain: 'general', context: turns.slice(0, 1), response1: 'a', response2: 'b', overall_preference: -1 },
  ],
  ['judgebench', { pair_id: 'p', source: 's', question: 'Hi', response_A: 'a', response_B: 'b', label: 'A>B' }],
  ['llmbar', { input: 'Hi', output_1: 'a', output_2: 'b', label: 1 }],
  ['nectar', { prompt: '\n\nHuman: Hi\n\nAssistant: ', answers: [{ answer: 'a', rank: 1 }], turns: 1 }],
  ['oasst-pairs', { lang: 'en', parent_id: 'm', prompt: 'prompter: Hi', chosen: 'Hello.', rejected: 'What?' }],
  ['oasst-trees', { message_tree_id: 't', prompt: { message_id: 't', text: 'Hi', role: 'prompter', replies: [] } }],
  [
    'pandalm',
    { instruction: 'Hi', input: '', response1: 'a', response2: 'b', annotator1: 1, annotator2: 1, annotator3: 0 },
  ],
  [
    'rewardbench',
    { prompt: 'Hi', chosen: 'a', chosen_model: 'm', rejected: 'b', rejected_model: 'n', subset: 's', id: 1 },
  ],
  ['rewardbench2', { id: '1', prompt: 'Hi', chosen: ['a'], rejected: ['b', 'c', 'd'], num_correct: 1, subset: 's' }],
  ['rm-bench', { id: 1, prompt: 'Hi', chosen: ['a', 'b', 'c'], rejected: ['d', 'e', 'f'], domain: 'chat' }],
  [
    'rmb-best-of-n',
    { bon_uid: '1', conversation_input: turns, bon_best: { answer: 'a' }, loser_list: [{ answer: 'b' }] },
  ],
  ['rmb-pairs', { pair_uid: '1', conversation_input: turns, chosen: { answer: 'a' }, reject: { answer: 'b' } }],
  ['safe-rlhf', { prompt: 'Hi', response_0: 'a', response_1: 'b', better_response_id: 0, safer_response_id: 1 }],
  [
    'sharegpt',
    {
      conversations: [{ from: 'human', value: 'Hi' }],
      chosen: { from: 'gpt', value: 'a' },
      rejected: { from: 'gpt', value: 'b' },
    },
  ],
  ['shp', { post_id: 'p', history: 'Hi', human_ref_A: 'a', human_ref_B: 'b', labels: 1, score_ratio: 2 }],
  ['skywork', { chosen: turns, rejected: turns, source: 'magpie' }],
  ['summarize-axis', { info: article, summary: { text: 'Rain.', axes: { overall: 5 } }, worker: 'w', batch: 'cnndm1' }],
  ['summarize-comparisons', { info: article, summaries: [{ text: ' a' }, { text: ' b' }], choice: 0, worker: 'w' }],
  ['swift', { messages: turns, rejected_response: 'What?' }],
  ['text-lists', { prompt: 'Hi', chosen: ['a'], rejected: ['b', 'c'] }],
  ['ultrafeedback', { source: 's', instruction: 'Hi', models: ['m'], completions: [{ response: 'a' }] }],
  [
    'ultrafeedback-binarized',
    { prompt: 'Hi', chosen: turns, rejected: turns, messages: turns, score_chosen: 8, score_rejected: 5 },
  ],
  ['openai', { input: { messages: turns }, preferred_output: turns, non_preferred_output: turns }],
  ['unpaired', { prompt: 'Hi', completion: 'Hello.', label: true }],
  ['webgpt', { question, answer_0: 'a', answer_1: 'b', score_0: 1, score_1: -1, quotes_0: {}, quotes_1: {} }],
  ['webgpt-raw', { 0: { question, quotes: {}, answer: 'a', score: 1 }, 1: { question, answer: 'b', score: -1 } }],
]

/** Rows of our own layouts and TRL's, which no layout of others may take. */
const own: readonly (readonly [LayoutName | 'response', Row])[] = [
  ['groups', { prompt: 'Hi', responses: ['a', 'b'] }],
  ['hh', { chosen: '\n\nHuman: Hi\n\nAssistant: a', rejected: '\n\nHuman: Hi\n\nAssistant: b' }],
  ['pairs', { prompt: 'Hi', chosen: 'a', rejected: 'b' }],
  ['pairs', { prompt: turns.slice(0, 1), chosen: turns.slice(1), rejected: turns.slice(1), margin: 1 }],
  ['pairs', { chosen: turns, rejected: turns }],
  ['pairs', { instruction: 'Hi', prompt: 'Hi', chosen: 'a', rejected: 'b' }],
  ['response', { prompt: 'Hi', response: 'a' }],
]

describe('the layout of a row', () => {
  it.each(rows)('%s is recognised by it alone', (name, row) => {
    expect(foreignLayouts.filter((layout) => layout.recognises(row)).map((layout) => layout.name)).toEqual([name])
  })

  it.each(own)('%s is recognised by no layout of others', (name, row) => {
    expect(foreignLayouts.filter((layout) => layout.recognises(row))).toEqual([])
    expect(recognisedLayout(row).name).toBe(name)
  })

  it('has a row here for every layout of others', () => {
    expect(rows.map(([name]) => name).toSorted()).toEqual(foreignLayouts.map(({ name }) => name).toSorted())
  })
})
