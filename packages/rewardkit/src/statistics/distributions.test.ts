import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { binomialCdf, normalCdf, normalQuantile, studentCdf, studentQuantile } from './distributions.ts'

const [two, three, four] = [
  z.array(z.tuple([z.number(), z.number()])),
  z.array(z.tuple([z.number(), z.number(), z.number()])),
  z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
]
const fixture = z
  .object({ student_quantile: three, student: three, normal: two, normal_quantile: two, binomial: four })
  .parse(JSON.parse(readFileSync(new URL('fixtures/distributions.json', import.meta.url), 'utf8')))

/** Equal to 1e-9, relatively where the value is above 1. */
function expectClose(found: number, expected: number, what: readonly number[]): void {
  expect(Math.abs(found - expected) / Math.max(1, Math.abs(expected)), what.join(', ')).toBeLessThan(1e-9)
}

it('are those of scipy to 1e-9', () => {
  for (const [p, degrees, expected] of fixture.student_quantile)
    expectClose(studentQuantile(p, degrees), expected, [p, degrees])
  for (const [x, degrees, expected] of fixture.student) expectClose(studentCdf(x, degrees), expected, [x, degrees])
  for (const [x, expected] of fixture.normal) expectClose(normalCdf(x), expected, [x])
  for (const [p, expected] of fixture.normal_quantile) expectClose(normalQuantile(p), expected, [p])
  for (const [k, n, p, expected] of fixture.binomial) expectClose(binomialCdf(k, n, p), expected, [k, n, p])
})

it('keep their digits in the lower tail', () => {
  for (const [x, degrees, expected] of fixture.student.filter(([t, size]) => size < 1e5 && t < 0))
    expect(studentCdf(x, degrees) / expected - 1).toBeCloseTo(0, 9)
  for (const [x, expected] of fixture.normal) expect(normalCdf(x) / expected - 1).toBeCloseTo(0, 9)
})

it('have an answer at the ends of their range, and NaN outside', () => {
  expect([-Infinity, Infinity, -50, 50].map(normalCdf)).toEqual([0, 1, 0, 1])
  expect([-Infinity, Infinity].map((t) => studentCdf(t, 3))).toEqual([0, 1])
  expect([0, 1, -0.1, 1.1, NaN].map(normalQuantile)).toEqual([-Infinity, Infinity, NaN, NaN, NaN])
  expect([0, 1].map((p) => studentQuantile(p, 4))).toEqual([-Infinity, Infinity])
  expect(studentQuantile(0.975, 0)).toBeNaN()
  expect(studentQuantile(2, 5)).toBeNaN()
  expect(studentCdf(NaN, 5)).toBeNaN()
  expect(studentCdf(1, 0)).toBeNaN()
  expect([-1, 10, 11].map((k) => binomialCdf(k, 10, 0.3))).toEqual([0, 1, 1])
})
