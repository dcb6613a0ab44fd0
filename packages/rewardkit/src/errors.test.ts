import { expect, test } from 'vitest'
import { FailureError, InputError, located } from './errors.ts'

test('the remedy is at the end of the message and available alone', () => {
  const error = new InputError('runs/a is not empty', { remedy: 'name another folder' })
  expect(error.message).toBe('runs/a is not empty; name another folder')
  expect(error).toMatchObject({
    code: 'invalid-input',
    problem: 'runs/a is not empty',
    remedy: 'name another folder',
  })
})

test('without a remedy, the message is the problem', () => {
  const error = new FailureError('the disk is full')
  expect(error).toMatchObject({ message: 'the disk is full', problem: 'the disk is full', remedy: undefined })
})

test('a place in front hands the remedy on and says it once', () => {
  const inner = new InputError('found a list, expected an object', { remedy: 'write one object per line' })
  const error = located('a.jsonl, line 3', inner)
  expect(error.message).toBe('a.jsonl, line 3: found a list, expected an object; write one object per line')
  expect(error).toMatchObject({ remedy: 'write one object per line', cause: inner })
})

test('what an error is about stays with it', () => {
  const about = { kind: 'unwritable', path: 'a', reason: 'the disk is gone' } as const
  expect(located('here', new InputError('no', { about })).about).toEqual(about)
  expect(new InputError('a cannot be written: no').about).toBeUndefined()
})
