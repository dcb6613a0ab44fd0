import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adamWStep, clipGradients, createAdamW, gradientNorm, tensorFrom } from './index.ts'

interface Fixture {
  adamw: { start: number[]; gradients: number[][]; norms: number[]; end: number[] }
  clipping: { gradients: number[][]; largest: number; norm: number; clipped: number[][] }[]
}
const fixture = JSON.parse(readFileSync(new URL('./fixtures/torch.json', import.meta.url), 'utf8')) as Fixture
const floats = (values: readonly number[]) => tensorFrom(Float32Array.from(values))
const options = { learningRate: 1e-2, betas: [0.9, 0.95], epsilon: 1e-8, weightDecay: 0.1 } as const

describe('AdamW', () => {
  it('ten steps with clipping are bit-equal to PyTorch', () => {
    const { adamw } = fixture
    const parameter = floats(adamw.start)
    const state = createAdamW([parameter])
    for (const [i, values] of adamw.gradients.entries()) {
      const gradient = floats(values)
      const norm = gradientNorm([gradient])
      expect(norm).toBe(adamw.norms[i])
      clipGradients([gradient], norm, 2)
      adamWStep([parameter], [gradient], state, options)
    }
    expect([...parameter.float32()]).toEqual(adamw.end)
  })

  it('begins with moments of zero and no steps, and counts its steps', () => {
    const parameters = [floats([1, 2, 3]), tensorFrom(new Float32Array(6), [2, 3])]
    const state = createAdamW(parameters)
    for (const moments of [state.averages, state.squaredAverages]) {
      expect(moments.map(({ shape }) => shape)).toEqual([[3], [2, 3]])
      expect(moments.flatMap((moment) => [...moment.float32()])).toEqual(Array(9).fill(0))
    }
    const steps = () => state.steps.map((step) => [...step.float32()])
    expect(state.steps.map(({ shape, dtype }) => [shape, dtype])).toEqual([
      [[], 'float32'],
      [[], 'float32'],
    ])
    expect(steps()).toEqual([[0], [0]])
    adamWStep(parameters, parameters, state, options)
    adamWStep(parameters, parameters, state, options)
    expect(steps()).toEqual([[2], [2]])
  })

  it('has nothing to do without parameters', () => {
    expect(() => adamWStep([], [], createAdamW([]), options)).not.toThrow()
  })
})

describe('clipping', () => {
  it.each(fixture.clipping)(
    'norm $norm to $largest, as by clip_grad_norm_',
    ({ gradients, largest, norm, clipped }) => {
      const tensors = gradients.map(floats)
      expect(gradientNorm(tensors) / norm).toBeCloseTo(1, 6)
      clipGradients(tensors, gradientNorm(tensors), largest)
      for (const [i, tensor] of tensors.entries())
        for (const [j, value] of tensor.float32().entries()) {
          const expected = clipped[i]?.[j] ?? NaN
          expect(Math.abs(value - expected)).toBeLessThanOrEqual(4e-7 * Math.abs(expected))
        }
    },
  )

  it('changes no bit of gradients below the largest norm', () => {
    const gradient = floats([3, 4])
    clipGradients([gradient], gradientNorm([gradient]), 5.1)
    expect([...gradient.float32()]).toEqual([3, 4])
  })
})
