import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { createReading, type Group, readLines } from '../data/index.ts'
import { InputError } from '../errors.ts'
import type { ScoreCut } from '../evaluate/scorer.ts'
import { phrase, settings } from '../phrase.ts'
import { scoreRows, type ScoreGroups } from './score-rows.ts'

/** The reward of a response is the number of its characters. */
const byLength: ScoreGroups = async (groups) =>
  groups.map((group: Group) => {
    const rewards = group.responses.map((response) => (response.at(-1)?.content ?? '').trim().length)
    if (rewards.includes(14)) return { rewards: [NaN] }
    return rewards.includes(13) ? { error: new InputError('unlucky').phrases } : { rewards }
  })

async function scored(
  rows: readonly (object | string)[],
  encoding: BufferEncoding = 'utf8',
  columns?: readonly string[],
) {
  const text = rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('')
  let output = ''
  const counts = await scoreRows(
    readLines(Readable.from([Buffer.from(text, encoding)]), createReading()),
    byLength,
    async (piece) => {
      output += piece
    },
    columns ? { columns } : {},
  )
  return {
    counts,
    lines: output
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  }
}

test('each shape gets its rewards and keeps its fields', async () => {
  const { lines, counts } = await scored([
    { id: 7, prompt: 'p', response: 'four', source: 'x' },
    { prompt: 'p', responses: ['a', 'bb', 'ccc'] },
    { prompt: 'p', chosen: 'long', rejected: 'ab', margin: 2 },
  ])
  expect(counts).toMatchObject({ lines: 3, failed: 0, unread: { rows: { source: 1 } } })
  expect(lines).toEqual([
    { id: 7, prompt: 'p', response: 'four', source: 'x', reward: 4 },
    { prompt: 'p', responses: ['a', 'bb', 'ccc'], rewards: [1, 2, 3] },
    { prompt: 'p', chosen: 'long', rejected: 'ab', margin: 2, chosen_reward: 4, rejected_reward: 2, reward_margin: 2 },
  ])
})

test('percentiles follow their rewards', async () => {
  let output = ''
  const rows = [
    { prompt: 'p', response: 'four' },
    { prompt: 'p', responses: ['a', 'bb'] },
    { prompt: 'p', chosen: 'long', rejected: 'ab' },
  ]
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  await scoreRows(
    readLines(Readable.from([Buffer.from(text)]), createReading()),
    byLength,
    async (piece) => {
      output += piece
    },
    { percentileOf: (reward) => 10 * reward },
  )
  const lines = output.trimEnd().split('\n')
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
    { ...rows[0], reward: 4, percentile: 40 },
    { ...rows[1], rewards: [1, 2], percentiles: [10, 20] },
    {
      ...rows[2],
      chosen_reward: 4,
      rejected_reward: 2,
      reward_margin: 2,
      chosen_percentile: 40,
      rejected_percentile: 20,
    },
  ])
})

test('a line that fails keeps its place and stops nothing', async () => {
  const { lines, counts } = await scored([
    { id: 'a', prompt: 'p', response: 'x' },
    '{"prompt": ',
    { id: 'c', prompt: 'p', response: 5 },
    { prompt: 'p', response: 'thirteen char' },
    { id: 'e', prompt: 'p', response: 'xyz', error: 'a column of the user' },
  ])
  expect(counts).toMatchObject({ lines: 5, failed: 3 })
  expect(lines).toEqual([
    expect.objectContaining({ id: 'a', reward: 1 }),
    { id: 'line-2', error: expect.stringContaining('line 2: invalid JSON') as unknown },
    { id: 'c', error: expect.stringContaining('line 3: field "response"') as unknown },
    { id: 'line-4', error: 'line 4: unlucky' },
    expect.objectContaining({ id: 'e', reward: 3, error: 'a column of the user' }),
  ])
})

test('the columns that were read decide which rewards are written', async () => {
  const { lines } = await scored([
    { prompt: 'p', chosen: 'long', rejected: 'ab', response: 'x' },
    { prompt: null, response: 'x', chosen: null, rejected: null },
    { prompt: 'p', response: null, responses: ['a', 'bb'] },
  ])
  expect(lines).toEqual([
    expect.objectContaining({ chosen_reward: 4, rejected_reward: 2, response: 'x' }),
    { prompt: null, response: 'x', chosen: null, rejected: null, reward: 1 },
    { prompt: 'p', response: null, responses: ['a', 'bb'], rewards: [1, 2] },
  ])
  expect(lines[0]).not.toHaveProperty('reward')
})

test('answers in columns get a list of rewards, a rated answer gets one', async () => {
  const compared = { question: 'p', answer_a: 'a', answer_b: 'bb', choice: 'B' }
  const { lines } = await scored([compared], 'utf8', ['prompt=question', 'a=answer_a', 'b=answer_b', 'choice=choice'])
  expect(lines).toEqual([{ ...compared, rewards: [1, 2] }])
  const ranked = { question: 'p', first: 'a', second: 'bb' }
  expect((await scored([ranked], 'utf8', ['prompt=question', 'responses=first,second'])).lines).toEqual([
    { ...ranked, rewards: [1, 2] },
  ])
  const rated = { question: 'p', answer: 'abc', stars: 4 }
  expect((await scored([rated], 'utf8', ['prompt=question', 'response=answer', 'rating=stars'])).lines).toEqual([
    { ...rated, reward: 3 },
  ])
})

test('a line that is not UTF-8 and a reward that is not a number are errors of their lines', async () => {
  const { lines, counts } = await scored(
    [{ response: 'a' }, '{"response": "\xfc"}', { id: 1, response: 'fourteen chars' }],
    'latin1',
  )
  expect(lines).toEqual([
    { response: 'a', reward: 1 },
    { id: 'line-2', error: expect.stringContaining('line 2: bytes that are not valid UTF-8') as unknown },
    { id: '1', error: expect.stringContaining('line 3: the reward is NaN') as unknown },
  ])
  expect(counts.failed).toBe(2)
})

test('order holds over many batches', async () => {
  const rows = Array.from({ length: 300 }, (_, index) => ({ id: index, prompt: 'p', response: 'x' }))
  const { lines } = await scored(rows)
  expect(lines.map((line) => (line as { id: number }).id)).toEqual(rows.map(({ id }) => id))
})

test('what the model reads cut is marked and counted, and progress is reported in rows', async () => {
  const cut: ScoreCut = {
    prompt: true,
    system: false,
    responses: false,
    otherwise: false,
    ofResponse: [true],
    wholeBranchOf: [0],
    maxLength: 80,
    truncation: 'prompt-left',
    trainedBy: 2,
    identical: 1,
  }
  const rows = [{ response: 'a' }, { response: 'long' }, { response: 'long', truncated: 'mine' }]
  const scoring: ScoreGroups = async (groups) =>
    groups.map(({ responses }) => (responses[0]?.[0]?.content === 'long' ? { rewards: [1], cut } : { rewards: [1] }))
  const done: number[] = []
  let output = ''
  const counts = await scoreRows(
    readLines(Readable.from([Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))]), createReading()),
    scoring,
    async (piece) => {
      output += piece
    },
    undefined,
    (count) => done.push(count),
  )
  expect(
    output
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual([
    { response: 'a', reward: 1 },
    { response: 'long', reward: 1, truncated: true },
    { response: 'long', truncated: 'mine', reward: 1 },
  ])
  expect(counts).toMatchObject({ cuts: { truncated: 2, cut: { prompt: 2, system: 0 } }, lastCut: cut, identical: 2 })
  expect(done).toEqual([3])
})

test('a row that failed names options in the words of the command, and leaves the words of others', async () => {
  const cause = new InputError('the text "maxLength: 5" is too long', {
    remedy: phrase`give ${settings({ maxLength: 512 })}`,
  })
  const lines = Readable.from([Buffer.from('{"id": 1, "response": "a"}\n')])
  let output = ''
  await scoreRows(
    readLines(lines, createReading()),
    async () => [{ error: cause.phrases }],
    async (piece) => {
      output += piece
    },
  )
  expect(JSON.parse(output)).toEqual({
    id: '1',
    error: 'line 1: the text "maxLength: 5" is too long; give --max-length 512',
  })
})
