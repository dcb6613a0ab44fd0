import { expect, it } from 'vitest'
import { percent } from './number-format.ts'

it('shows one decimal of a percentage, and a digit of any share above 0', () => {
  const shown = [0, 1, 0.5, 0.0005, 0.00049, 1 / 3000, 1e-6, -0.0001].map((share) =>
    percent(share).replace('\u00A0', ' '),
  )
  expect(shown).toEqual(['0.0 %', '100.0 %', '50.0 %', '0.1 %', '0.05 %', '0.03 %', '0.0001 %', '−0.01 %'])
  expect([null, undefined, Number.NaN].map((share) => percent(share))).toEqual(['–', '–', '–'])
})
