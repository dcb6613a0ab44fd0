import { expect, it } from 'vitest'
import { createNumbering } from './numbering.ts'

it('numbers texts as a Map does, far beyond the first size of its table', () => {
  const numbering = createNumbering()
  const expected = new Map<string, number>()
  for (let i = 0; i < 20_000; i++) {
    const text = `text ${(i * 7919) % 9001}`
    if (!expected.has(text)) expected.set(text, expected.size)
    expect(numbering.numberOf(text)).toBe(expected.get(text))
  }
  expect(numbering.size).toBe(9001)
})
