import { expect, test } from 'vitest'
import { logLine } from '../events.ts'
import { createTerminal, formatDuration } from './terminal.ts'

function collected(isTTY: boolean) {
  let text = ''
  let time = 0
  const terminal = createTerminal(
    {
      isTTY,
      write: (piece) => {
        text += piece
      },
    },
    () => time,
  )
  const progress = (done: number, seconds: number) => {
    time = seconds * 1000
    terminal.onEvent({ kind: 'progress', label: 'reading', done, total: 100, unit: 'pairs' })
  }
  return { terminal, progress, text: () => text }
}

test('without a terminal: whole lines, one every few seconds, the last one always', () => {
  const { progress, text } = collected(false)
  for (let second = 0; second <= 20; second++) progress(second * 5, second)
  const lines = text().trimEnd().split('\n')
  expect(text()).not.toContain('\r')
  expect(text()).not.toContain('\u001B')
  expect(lines).toHaveLength(5)
  expect(lines[1]).toBe('reading: 25 of 100 pairs · 15 s left')
  expect(lines.at(-1)).toBe('reading: 100 of 100 pairs')
})

test('on a terminal a message does not tear the progress line', () => {
  const { terminal, progress, text } = collected(true)
  progress(1, 0)
  terminal.onEvent(logLine('hello'))
  progress(100, 9)
  expect(text()).toContain('\r\u001B[2Khello\n')
  expect(text().endsWith('reading: 100 of 100 pairs\n')).toBe(true)
})

test.each([
  [48, '48 s'],
  [192, '3:12 min'],
  [3900, '1:05 h'],
])('%d seconds', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
