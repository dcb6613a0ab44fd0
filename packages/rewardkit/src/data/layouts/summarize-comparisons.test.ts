import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { createDraws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { summarizeComparisonsLayout } from './summarize-comparisons.ts'

const post = {
  info: { id: 't3_x', post: 'I fell.\n\nIt hurt.', title: 'Ouch', subreddit: 'tifu', site: null, article: null },
  summaries: [
    { text: ' I fell.', policy: 'sup4', note: 'Short.' },
    { text: ' It hurt.', policy: 'ref', note: null },
  ],
  choice: 1,
  worker: 'w',
  batch: 'batch9',
  split: 'train',
  extra: { confidence: 8 },
}
const news = {
  ...post,
  info: { id: 'f00', post: null, title: 'Rain', subreddit: null, site: 'cnn', article: 'It rained.\n\nA lot.' },
}
const read = (changes: object, options = {}) =>
  readRows(summarizeComparisonsLayout, [{ ...post, ...changes }], options)[0]

describe('summarize-comparisons', () => {
  it('asks as the models of the paper were asked, and keeps the space in front of the summaries', () => {
    expect(read({})).toMatchObject({
      id: 't3_x',
      form: 'text',
      prompt: [{ role: 'user', content: 'SUBREDDIT: r/tifu\n\nTITLE: Ouch\n\nPOST: I fell.\n\nIt hurt.\n\nTL;DR:' }],
      responses: [[{ role: 'assistant', content: ' I fell.' }], [{ role: 'assistant', content: ' It hurt.' }]],
      subset: 'tifu',
    })
  })

  it('takes choice as the index of the better one, and the confidence not as a margin', () => {
    expect(read({})).toMatchObject({ preferences: [{ chosen: 1, rejected: 0 }] })
    expect(read({ choice: 0 })).toMatchObject({ preferences: [{ chosen: 0, rejected: 1 }] })
    expect(groupsOf(summarizeComparisonsLayout, [post])[0]?.preferences).toEqual([{ chosen: 1, rejected: 0 }])
    expect(read({})).toMatchObject({
      meta: {
        info: { id: 't3_x' },
        summaries: [
          { policy: 'sup4', note: 'Short.' },
          { policy: 'ref', note: null },
        ],
        worker: 'w',
        batch: 'batch9',
        split: 'train',
        extra: { confidence: 8 },
      },
    })
  })

  it('has another query for news articles, which may be left out', () => {
    expect(read(news)).toMatchObject({
      prompt: [{ content: 'Article:\nIt rained.\n\nA lot.\n\nTL;DR:\n' }],
      subset: 'cnn',
      meta: { info: { id: 'f00', title: 'Rain' } },
    })
    expect(read(news, { newsArticles: 'drop' })).toEqual({ skipped: 'news_article' })
    expect(read({}, { newsArticles: 'drop' })).toMatchObject({ id: 't3_x' })
  })

  it.each([
    [{ choice: '1' }, 'field "choice": found text "1", expected 0 or 1, the index of the better summary'],
    [{ choice: 2 }, 'field "choice": found number 2'],
    [{ choice: true }, 'field "choice": found boolean true'],
    [{ summaries: [post.summaries[0]] }, 'field "summaries": found a list, expected a list of two'],
    [{ summaries: [{ text: null }, { text: 'x' }] }, 'field "summaries[0].text": found null, expected text'],
    [{ summaries: [{ text: 'x' }, 'y'] }, 'field "summaries[1]": found text "y", expected an object with "text"'],
    [{ info: 'x' }, 'field "info": found text "x", expected an object with a post or an article'],
    [{ info: { ...post.info, post: null } }, 'field "info.post": found null, expected text'],
    [{ info: { ...post.info, title: 3 } }, 'field "info.title": found number 3, expected text'],
    [{ info: { ...news.info, article: [] } }, 'field "info.article": found an empty list, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is written unchanged, but for columns that are null', () => {
    const [group] = groupsOf(summarizeComparisonsLayout, [post])
    const { site: _, article: __, ...info } = post.info
    expect(group && summarizeComparisonsLayout.write(group)).toEqual([{ ...post, info }])
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('reads what it wrote as the same (seed %i)', (seed) => {
    const { text, pick, integer } = createDraws(seed)
    const info = () =>
      pick([
        { id: text(), subreddit: text().replaceAll('\n', ''), title: text(), post: text() },
        { id: text(), site: pick(['cnn', 'dailymail']), title: text(), article: text(), post: null },
      ])
    const rows = Array.from({ length: 5 }, () => ({
      ...post,
      info: info(),
      summaries: [{ text: text(), policy: text() }, { text: text() }],
      choice: integer(2),
    }))
    expectSameAgain(summarizeComparisonsLayout, rows)
  })

  it('holds no other prompts, and leaves ties out', () => {
    const pair = pairGroup({ id: '1', prompt: 'Name a prime.', chosen: ' 7', rejected: ' 8' })
    expect(() => summarizeComparisonsLayout.write(pair)).toThrow('the prompt is not a query for a summary')
    const [group] = groupsOf(summarizeComparisonsLayout, [post])
    const tie = { chosen: 0, rejected: 1, probability: 0.5 }
    expect(group && summarizeComparisonsLayout.write({ ...group, preferences: [tie] })).toEqual([])
  })
})
