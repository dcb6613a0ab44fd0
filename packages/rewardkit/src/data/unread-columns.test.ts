import { inProgramWords } from '../phrase.ts'
import { describe, expect, it } from 'vitest'
import { groupFromRow } from './layouts/index.ts'
import type { Row } from './fields.ts'
import { createUnreadTally, missingPromptMessage, unreadColumns, unreadMessage } from './unread-columns.ts'

const reported = (rows: readonly Row[]) => inProgramWords(missingPromptMessage(tallied(rows)) ?? '')
const tallied = (rows: readonly Row[], columns?: readonly string[]) => {
  const tally = createUnreadTally()
  for (const row of rows) {
    const group = groupFromRow(row, 'line-1')
    tally.add(unreadColumns(row, group, columns), group)
  }
  return tally
}

describe('unread columns', () => {
  const pair = { chosen: 'The Rhine.', rejected: 'Lake Como.' }

  it('are those with a value that the layout has no place for', () => {
    const row = {
      ...pair,
      id: 'a',
      prompt: 'Name a river.',
      margin: 1,
      rater: 7,
      remark: null,
      note: '',
      meta: { x: 1 },
    }
    const tally = tallied([row, { ...row, city: 'Rome' }])
    expect(tally.rows).toEqual({ rater: 2, city: 1 })
    expect(unreadMessage(tally)).toBe('columns not read: rater, city')
    expect(unreadMessage(tallied([{ ...pair, prompt: 'Name a river.' }]))).toBeUndefined()
  })

  it('do not hold a column that --columns reaches into', () => {
    const row = { ...pair, prompt: 'Name a river.', answers: ['x'], other: 1 }
    expect(tallied([row], ['chosen=answers.0']).rows).toEqual({ other: 1 })
  })

  it('that look like a prompt are reported if there is none, with the option that reads the likeliest', () => {
    const rows = [
      { ...pair, input: 'In Germany.', instruction: 'Name a river.' },
      { ...pair, instruction: 'Name a lake.' },
    ]
    expect(reported(rows)).toBe(
      "no prompt was found in 2 rows, but the columns instruction, input look like one; columns: ['prompt=instruction'] reads it",
    )
    expect(reported([{ ...pair, Question: 'Name a river.' }])).toMatch(
      /in 1 row, but the column "Question" looks like one; columns: \['prompt=Question'\] reads it/,
    )
  })

  it('say nothing of a prompt where one was found, or where nothing looks like one', () => {
    expect(missingPromptMessage(tallied([{ ...pair, prompt: 'Name a river.', system: 'Be brief.' }]))).toBeUndefined()
    expect(missingPromptMessage(tallied([{ ...pair, rater: 7 }]))).toBeUndefined()
    const turns = [{ role: 'user', content: 'Name a river.' }]
    const whole = {
      chosen: [...turns, { role: 'assistant', content: 'a' }],
      rejected: [...turns, { role: 'assistant', content: 'b' }],
    }
    expect(missingPromptMessage(tallied([{ ...whole, query: 'q' }]))).toBeUndefined()
  })
})
