import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { objectiveNames, type ObjectiveName, type ObjectiveOptions } from '../objectives/index.ts'
import { accumulated, batchOf, createTinyModel, largestRelativeDifference, tokensOf } from './fixtures/step-parts.ts'

const folder = mkdtempSync(join(tmpdir(), 'exactness-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => createTinyModel(folder))

const withMean: Partial<ObjectiveOptions>[] = [
  { gradientThroughMean: 'through' },
  { meanOver: 5 },
  { meanOver: 5, gradientThroughMean: 'through' },
  { meanOver: 'running' },
  { negativeMean: 'clamped' },
]
/** The options that only some objectives read. */
const options: Partial<Record<ObjectiveName, Partial<ObjectiveOptions>[]>> = {
  'batch-margin': withMean,
  'adaptive-margin': [
    ...withMean,
    { branches: 'separately' },
    { branches: 'separately', meanOver: 5 },
    { marginOn: 'random' },
  ],
}
const cases = objectiveNames.flatMap((name) =>
  [...(options[name] ?? []), {}, { labelSmoothing: 0.1 }, { rewardCentering: 0.01 }].map(
    (given): [ObjectiveName, string, Partial<ObjectiveOptions>] => [name, JSON.stringify(given), given],
  ),
)

const batch = batchOf(24)
const state = { runningMean: 0.4 }
const step = (
  name: ObjectiveName,
  given: Partial<ObjectiveOptions>,
  microBatchTokens: number,
  dtype: 'float32' | 'bfloat16',
) => accumulated(folder, batch, name, given, { microBatchTokens, dtype }, state)

// In bfloat16 a sum rounded once and a sum of rounded parts differ by its precision, 2^-8.
describe.each([
  ['float32', 1e-5],
  ['bfloat16', 0.01],
] as const)('%s: one micro-batch and many give the same gradients', (dtype, tolerance) => {
  it.each(cases)('%s %s', (name, _, given) => {
    const one = step(name, given, tokensOf(batch), dtype)
    const many = step(name, given, 40, dtype)
    expect(largestRelativeDifference(one.gradients, many.gradients)).toBeLessThan(tolerance)
    expect(many.result.loss).toBeCloseTo(one.result.loss, dtype === 'float32' ? 6 : 2)
  })
})

describe('256 micro-batches of one pair each', () => {
  const pairs = batchOf(255)
  const gradients = (dtype: 'float32' | 'bfloat16', microBatchTokens: number) =>
    accumulated(folder, pairs, 'adaptive-margin', {}, { microBatchTokens, dtype })

  it('float32: the gradients of one micro-batch, the rewards of both passes equal', () => {
    const many = gradients('float32', 1)
    expect(largestRelativeDifference(gradients('float32', tokensOf(pairs)).gradients, many.gradients)).toBeLessThan(
      1e-5,
    )
    expect(many.result.rewardDifference).toBe(0)
  })

  it('bfloat16: as near to the float32 gradients as one micro-batch, since the sum is kept in float32', () => {
    const exact = gradients('float32', tokensOf(pairs)).gradients
    const error = (microBatchTokens: number) =>
      largestRelativeDifference(exact, gradients('bfloat16', microBatchTokens).gradients)
    expect(error(1)).toBeLessThan(1.2 * error(tokensOf(pairs)))
    expect(error(1)).toBeGreaterThan(1e-4)
  })
})
