import { describe, expect, it } from 'vitest'
import { defaultRowOptions } from '../row-options.ts'
import { shpLayout } from './shp.ts'

const row = {
  post_id: 'qt3nxl',
  domain: 'askculinary_train',
  upvote_ratio: 0.98,
  history: 'How?',
  c_root_id_A: 'a1',
  c_root_id_B: 'b1',
  score_A: 8,
  score_B: 2,
  human_ref_A: 'So.',
  human_ref_B: 'Thus.',
  labels: 1,
  score_ratio: 4,
}
const read = (changes: object, options = {}) =>
  shpLayout.read({ ...row, ...changes }, { defaultId: 'line-1', options: { ...defaultRowOptions, ...options } })

describe('shp', () => {
  it('takes labels 1 for A and 0 for B, and the logarithm of the score ratio as the margin', () => {
    const margin = Math.log(4)
    expect(read({})).toMatchObject({
      id: 'qt3nxl-a1-b1',
      form: 'messages',
      prompt: [{ role: 'user', content: 'How?' }],
      responses: [[{ role: 'assistant', content: 'So.' }], [{ role: 'assistant', content: 'Thus.' }]],
      preferences: [{ chosen: 0, rejected: 1, margin }],
      subset: 'askculinary_train',
      meta: { post_id: 'qt3nxl', score_A: 8 },
    })
    expect(read({ labels: 0 })).toMatchObject({ preferences: [{ chosen: 1, rejected: 0, margin }] })
  })

  it('leaves out what is below the ratio asked for, not what is on it', () => {
    expect(read({ score_ratio: 1.9 }, { minScoreRatio: 2 })).toEqual({ skipped: 'score_ratio' })
    expect(read({ score_ratio: 2 }, { minScoreRatio: 2 })).toMatchObject({ preferences: [{}] })
  })

  it.each([
    [{ labels: '1' }, 'field "labels": found text "1", expected 1 (A is preferred) or 0 (B is)'],
    [{ labels: 2 }, 'field "labels": found number 2'],
    [{ score_ratio: 'x' }, 'field "score_ratio": found text "x", expected a finite number'],
    [{ history: null }, 'field "history": found null, expected text'],
    [{ human_ref_B: false }, 'field "human_ref_B": found boolean false, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is read back as it was, with its positions, ids and ratio', () => {
    for (const labels of [0, 1]) {
      const group = read({ labels, score_ratio: 2.0481927711 })
      if (!('promptId' in group)) throw new Error('no group')
      const [written = {}] = shpLayout.write(group)
      expect(written).toEqual({ ...row, labels, score_ratio: 2.0481927711 })
      expect(shpLayout.read(written, { defaultId: 'x', options: defaultRowOptions })).toEqual(group)
    }
  })

  it('leaves ties out when it writes', () => {
    const group = read({})
    if (!('promptId' in group)) throw new Error('no group')
    expect(shpLayout.write({ ...group, preferences: [{ chosen: 0, rejected: 1, probability: 0.5 }] })).toEqual([])
  })
})
