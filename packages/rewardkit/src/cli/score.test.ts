import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type Group, linesOf } from '../data/index.ts'
import { scoreLines, type ScoreGroups } from './score.ts'

/** The reward of a response is the number of its characters. */
const byLength: ScoreGroups = async (groups) =>
  groups.map((group: Group) => {
    const rewards = group.responses.map((response) => (response.at(-1)?.content ?? '').trim().length)
    return rewards.includes(13) ? { error: 'unlucky' } : { rewards }
  })

async function scored(rows: readonly (object | string)[]) {
  const text = rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('')
  let output = ''
  const counts = await scoreLines(linesOf(Readable.from([Buffer.from(text)]), 'input'), byLength, async (piece) => {
    output += piece
  })
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
  expect(counts).toEqual({ lines: 3, failed: 0 })
  expect(lines).toEqual([
    { id: 7, prompt: 'p', response: 'four', source: 'x', reward: 4 },
    { prompt: 'p', responses: ['a', 'bb', 'ccc'], rewards: [1, 2, 3] },
    { prompt: 'p', chosen: 'long', rejected: 'ab', margin: 2, chosen_reward: 4, rejected_reward: 2, reward_margin: 2 },
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
  expect(counts).toEqual({ lines: 5, failed: 3 })
  expect(lines).toEqual([
    expect.objectContaining({ id: 'a', reward: 1 }),
    { id: 'line-2', error: expect.stringContaining('line 2: invalid JSON') as unknown },
    { id: 'c', error: expect.stringContaining('line 3: field "response"') as unknown },
    { id: 'line-4', error: 'line 4: unlucky' },
    expect.objectContaining({ id: 'e', reward: 3, error: 'a column of the user' }),
  ])
})

test('order holds over many batches', async () => {
  const rows = Array.from({ length: 300 }, (_, index) => ({ id: index, prompt: 'p', response: 'x' }))
  const { lines } = await scored(rows)
  expect(lines.map((line) => (line as { id: number }).id)).toEqual(rows.map(({ id }) => id))
})
