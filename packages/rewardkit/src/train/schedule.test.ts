import { describe, expect, it } from 'vitest'
import { learningRateAt, type Schedule } from './schedule.ts'

// transformers 5.23: get_scheduler(kind, optimizer(lr=1), num_warmup_steps=3, num_training_steps=10), the rate at each step.
const published: Record<Schedule['kind'], number[]> = {
  constant: [0, 1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1, 1],
  linear: [0, 1 / 3, 2 / 3, 1, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7],
  cosine: [
    0, 0.3333333333333333, 0.6666666666666666, 1, 0.9504844339512095, 0.8117449009293668, 0.6112604669781572,
    0.3887395330218428, 0.1882550990706332, 0.04951556604879043,
  ],
}

describe('learningRateAt', () => {
  it.each(Object.entries(published))('%s equals transformers', (kind, rates) => {
    const schedule = { kind: kind as Schedule['kind'], learningRate: 1, warmupSteps: 3, totalSteps: 10 }
    for (const [step, rate] of rates.entries()) expect(learningRateAt(schedule, step)).toBeCloseTo(rate, 12)
  })

  it('starts at the full rate without a warm-up', () => {
    for (const kind of ['constant', 'linear', 'cosine'] as const)
      expect(learningRateAt({ kind, learningRate: 2e-5, warmupSteps: 0, totalSteps: 4 }, 0)).toBe(2e-5)
  })
})
