import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { inProgramWords } from '../../phrase.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openData } from '../open-data.ts'
import type { Row } from '../fields.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'
import { columnsOfRows } from './column-values.ts'
import { proposedOptions } from './proposal.ts'

const proposed = (...rows: readonly Row[]) => {
  const proposal = proposedOptions(columnsOfRows(rows))
  return proposal && inProgramWords(proposal)
}
const turns = (content: string) => [{ role: 'user', content }]

describe('the options that are proposed for a table', () => {
  it.each<[string, Row]>([
    [
      "columns: ['prompt=question', 'a=answer_a', 'b=answer_b', 'choice=choice']",
      { id: 1, question: 'Why?', answer_a: 'x', answer_b: 'y', choice: 'tie' },
    ],
    [
      "columns: ['prompt=userMessage', 'a=Response1', 'b=Response2', 'choice=winner']",
      { userMessage: 'Why?', Response1: 'x', Response2: 'y', winner: '2' },
    ],
    [
      "columns: ['prompt=prompt', 'a=left_text', 'b=right_text', 'choice=preferred']",
      { prompt: 'Why?', left_text: 'x', right_text: 'y', preferred: 'left' },
    ],
    [
      "columns: ['prompt=query', 'chosen=good_answer', 'rejected=bad_answer']",
      { query: 'Why?', good_answer: 'x', bad_answer: 'y' },
    ],
    [
      "columns: ['prompt=question', 'responses=first,second,third']",
      { question: 'Why?', first: 'x', second: 'y', third: 'z' },
    ],
    [
      "columns: ['prompt=question', 'responses=answers', 'ranks=ranking']",
      { question: 'Why?', answers: ['x', 'y'], ranking: [2, 1] },
    ],
    [
      "columns: ['prompt=question', 'responses=outputs', 'scores=reward']",
      { question: 'Why?', outputs: ['x', 'y'], reward: [0.1, 1] },
    ],
    [
      "columns: ['prompt=user_message', 'response=bot_answer', 'rating=stars']",
      { user_message: 'Why?', bot_answer: 'x', stars: 4 },
    ],
    [
      "columns: ['prompt=conversation.messages', 'responses=candidates.answer.messages', 'choice=feedback.winner']",
      {
        conversation: { messages: turns('Why?') },
        candidates: [{ answer: { messages: turns('x') } }, { answer: { messages: turns('y') } }],
        feedback: { winner: 0, note: null },
      },
    ],
    [
      "columns: ['prompt=prompt', 'a=response_a', 'b=response_b', 'choice=preference']",
      { prompt: 'Why?', response_a: 'x', response_b: 'y', preference: 'A' },
    ],
    [
      "columns: ['prompt=The question', 'a=Answer A', 'b=Answer B', 'choice=Choice']",
      { 'The question': 'Why?', 'Answer A': 'x', 'Answer B': 'y', Choice: 'A' },
    ],
  ])('are %s', (expected, row) => {
    expect(proposed(row)).toBe(expected)
  })

  it('have the values of the verdict where they are graded or not understood', () => {
    const row = (choice: unknown) => ({ question: 'Why?', a: 'x', b: 'y', choice })
    expect(proposed(row('A is much better'), row('B is slightly better'), row('tie'), row(''))).toBe(
      "columns: ['prompt=question', 'a=a', 'b=b', 'choice=choice'], choices: 'A is much better=a:3, B is slightly better=b:1, tie=tie, NULL=drop'",
    )
    expect(proposed(row('A'), row('egal'))).toMatch(/choices: 'A=a, egal=drop', with the meaning of each value/)
    expect(proposed(row(0), row(1))).toMatch(/choices: '0=a, 1=b' \(or the other way around/)
    expect(proposed(row(1), row(2), row(0))).toMatch(
      /choices: '1=drop, 2=drop, 0=drop', with the meaning of each value/,
    )
  })

  it('turn round the ranks of single answers, and take a list of ranks beside columns of answers', () => {
    const ranked = (rank: unknown) => ({ question: 'Why?', answer: 'x', rank })
    expect(proposed(ranked(1), ranked(2), ranked(null))).toBe(
      "columns: ['prompt=question', 'response=answer', 'rating=rank'], choices: '1=-1, 2=-2, NULL=drop' where rank 1 is the best",
    )
    const wide = (ranking: unknown) => ({ question: 'Why?', first: 'x', second: 'y', third: 'z', ranking })
    const expected = "columns: ['prompt=question', 'responses=first,second,third', 'ranks=ranking']"
    expect(proposed(wide('2,1,3'), wide('3 1 2'))).toBe(expected)
    expect(proposed(wide([2, 1, 3]))).toBe(expected)
  })

  it('are none where the columns tell nothing', () => {
    expect(proposed({ one: 1, other: 'x' })).toBeUndefined()
    expect(proposed({ question: 'Why?', answer_a: 'x', answer_b: 'y' })).toBeUndefined()
  })
})

const folder = mkdtempSync(join(tmpdir(), 'proposals-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(rows: readonly Row[], options: Partial<DataOptions> = {}) {
  const path = join(folder, 'table.jsonl')
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return readPreferences(await openData(path, { ...defaultDataOptions, ...options }, [], silentHooks))
}

describe('a table that nobody described', () => {
  const rows = ['A', 'B', 'A'].map((choice) => ({ question: 'Why?', answer_a: 'x', answer_b: 'y', choice }))

  it('is an error with the options that read it', async () => {
    await expect(read(rows)).rejects.toThrow(
      /line 1: found the fields question, answer_a, answer_b, choice, expected .*; judging by the names, these options read them: columns: \['prompt=question', 'a=answer_a', 'b=answer_b', 'choice=choice'\]$/,
    )
    await expect(read([{ prompt: 'Why?', response: 'x', rating: 3 }])).rejects.toThrow(
      /no preference.*columns: \['prompt=prompt', 'response=response', 'rating=rating'\]/,
    )
  })

  it('is one also where its columns look like slips of ours', async () => {
    const row = { prompt: 'Why?', preference: 1 }
    await expect(read([{ ...row, response_1: 'x', response_2: 'y' }])).rejects.toThrow(
      /columns: \['prompt=prompt', 'a=response_1', 'b=response_2', 'choice=preference'\]$/,
    )
    await expect(read([{ ...row, responses: ['x', 'y'] }])).rejects.toThrow(
      /columns: \['prompt=prompt', 'responses=responses', 'choice=preference'\]$/,
    )
  })

  it('is warned of where the answers were named as chosen and rejected, and not else', async () => {
    const { notices } = await read(rows, { columns: ['prompt=question', 'chosen=answer_a', 'rejected=answer_b'] })
    expect(notices).toMatchObject([
      {
        kind: 'warning',
        message: expect.stringMatching(
          /column "choice" is not read \(3 rows\): "answer_a" is taken as better than "answer_b" in every row; .*columns: \['a=answer_a', 'b=answer_b', 'choice=choice'\]$/,
        ),
      },
    ])
    const own = await read([{ prompt: 'Why?', chosen: 'x', rejected: 'y', score: 3 }])
    expect(own.notices).toMatchObject([{ kind: 'log', message: expect.stringContaining('column "score" is not read') }])
    const columns = ['prompt=question', 'a=answer_a', 'b=answer_b', 'choice=choice']
    expect((await read(rows, { columns })).notices).not.toContainEqual(expect.objectContaining({ kind: 'warning' }))
  })
})
