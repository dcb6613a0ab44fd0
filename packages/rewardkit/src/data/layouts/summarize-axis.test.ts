import { describe, expect, it } from 'vitest'
import { defaultRowOptions } from '../row-options.ts'
import { createDraws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { summarizeAxisLayout } from './summarize-axis.ts'

const info = { id: 'f00', site: 'cnn', title: 'Rain', article: 'It rained.' }
const rating = (text: string, overall: number | null, worker = 'w') => ({
  info,
  summary: { text, policy: 'ref', note: null, axes: { overall, accuracy: 7 } },
  worker,
  batch: 'cnndm1',
  split: 'test',
})
const read = (rows: object[], options = {}) => readRows(summarizeAxisLayout, rows.map(Object), options)

describe('summarize-axis', () => {
  it('makes one group of the rows of an article, with the means of the workers and their difference as the margin', () => {
    const rows = [rating('A', 5, 'w1'), rating('B', 2), rating('A', 6, 'w2'), rating('C', 7)]
    expect(read(rows)).toMatchObject([
      {
        id: 'f00',
        form: 'text',
        prompt: [{ role: 'user', content: 'Article:\nIt rained.\n\nTL;DR:\n' }],
        responses: [[{ content: 'A' }], [{ content: 'B' }], [{ content: 'C' }]],
        preferences: [
          { chosen: 0, rejected: 1, margin: 3.5 },
          { chosen: 2, rejected: 0, margin: 1.5 },
          { chosen: 2, rejected: 1, margin: 5 },
        ],
        subset: 'cnn',
        meta: { ratings: [[{ worker: 'w1', summary: { axes: { accuracy: 7 } } }, { worker: 'w2' }], [{}], [{}]] },
      },
    ])
  })

  it('counts equal means as ties, one by one', () => {
    const rows = [rating('A', 5), rating('B', 5), rating('C', 2)]
    const [drop = []] = read(rows)
    expect(drop).toMatchObject([
      {
        preferences: [
          { chosen: 0, rejected: 2 },
          { chosen: 1, rejected: 2 },
        ],
      },
      { skipped: 'tie' },
    ])
    expect(groupsOf(summarizeAxisLayout, rows, { ties: 'half' })[0]?.preferences).toEqual([
      { chosen: 0, rejected: 1, probability: 0.5 },
      { chosen: 0, rejected: 2, margin: 3, probability: 1 },
      { chosen: 1, rejected: 2, margin: 3, probability: 1 },
    ])
    expect(read([rating('A', 5), rating('B', 5)])).toEqual([[{ skipped: 'tie' }]])
  })

  it('says why rows make no preference', () => {
    expect(read([rating('A', 5), rating('A', 3)])).toEqual([[{ skipped: 'single_response' }]])
    expect(read([rating('A', null)])).toEqual([[{ skipped: 'no_overall_score' }]])
    expect(read([rating('A', 5), rating('B', 3)], { newsArticles: 'drop' })).toEqual([{ skipped: 'news_article' }])
  })

  it.each([
    [{ summary: { text: 'A' } }, 'field "summary.axes": found nothing, expected an object with "overall"'],
    [{ summary: { text: 'A', axes: { overall: '5' } } }, 'field "summary.axes.overall": found text "5"'],
    [{ summary: { text: 3, axes: {} } }, 'field "summary.text": found number 3, expected text'],
    [{ summary: null }, 'field "summary": found null, expected an object with "text" and "axes"'],
    [{ info: { ...info, article: 3 } }, 'field "info.article": found number 3, expected text'],
  ])('refuses %j where the row is read', (changes, message) => {
    expect(() =>
      summarizeAxisLayout.gather?.key({ ...rating('A', 5), ...changes }, { options: defaultRowOptions }),
    ).toThrow(message)
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('reads what it wrote as the same (seed %i)', (seed) => {
    const { text, pick, integer } = createDraws(seed)
    const [title, body] = [text(), text()]
    const reddit = () => ({ id: 'a', subreddit: 'tifu', title, post: body })
    const news = () => ({ id: 'b', site: 'cnn', title, article: body })
    const rows = Array.from({ length: 12 }, () => ({
      ...rating(pick([' one', ' two', ' three']), 1 + integer(7), text()),
      info: pick<() => object>([reddit, news])(),
    }))
    expectSameAgain(summarizeAxisLayout, rows)
  })

  it('holds ratings only', () => {
    const [group] = groupsOf(summarizeAxisLayout, [rating('A', 5), rating('B', 3)])
    if (!group) throw new Error('no group')
    expect(() => summarizeAxisLayout.write({ ...group, meta: {} })).toThrow('found no ratings of single responses')
  })
})
