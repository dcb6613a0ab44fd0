import { describe, expect, it } from 'vitest'
import { columnMapper } from './columns.ts'

const row = { question: { text: 'Why?' }, answers: ['So.', 'No.'], 'a.b': 1, kept: 2 }

describe('columnMapper', () => {
  it('renames whole columns, reaches into objects and lists, and keeps the rest', () => {
    const map = columnMapper(['prompt=question.text', 'chosen=answers.0', 'rejected=answers.1', 'margin=a.b'])
    expect(map(row)).toEqual({
      question: { text: 'Why?' },
      answers: ['So.', 'No.'],
      kept: 2,
      prompt: 'Why?',
      chosen: 'So.',
      rejected: 'No.',
      margin: 1,
    })
  })

  it('takes one column for two names, and swaps two', () => {
    expect(columnMapper(['chosen=kept', 'prompt=kept'])({ kept: 'x' })).toEqual({ chosen: 'x', prompt: 'x' })
    const swapped = columnMapper(['chosen=rejected', 'rejected=chosen'])({ chosen: 'a', rejected: 'b' })
    expect(swapped).toEqual({ chosen: 'b', rejected: 'a' })
  })

  it('keeps a column whose name another one gets', () => {
    const found = columnMapper(['prompt=question', 'id=key'])({
      prompt: 'p',
      question: 'q',
      id: 1,
      key: 2,
      id_column: 3,
    })
    expect(found).toEqual({ prompt: 'q', prompt_column: 'p', id: 2, id_column: 3, id_column_column: 1 })
  })

  it.each(['nowhere', 'question.words', 'answers.2', 'answers.x', 'toString', 'question.constructor', ''])(
    'says that there is no column %j',
    (column) => {
      expect(() => columnMapper([`chosen=${column}`])(row)).toThrow(
        `columns: found no column "${column}", only question, answers, a.b, kept`,
      )
    },
  )

  it('reads numbers that came as text where a number is named, and nothing else', () => {
    const map = columnMapper(['margin=a', 'weight=b', 'probability=c', 'chosen=d'])
    const found = map({ a: '1.50', b: ' ', c: 'many', d: '42' })
    expect(found).toEqual({ margin: 1.5, weight: null, probability: 'many', chosen: '42' })
  })

  it('says which column was probably meant', () => {
    expect(() => columnMapper(['prompt=questoin'])({ question: 'x' })).toThrow(
      /no column "questoin".*did you mean question/,
    )
  })

  it('refuses a name that is there twice', () => {
    expect(() => columnMapper(['chosen=a', 'chosen=b'])).toThrow('"chosen" appears twice')
  })
})
