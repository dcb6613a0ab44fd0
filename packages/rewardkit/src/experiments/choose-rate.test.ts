import { describe, expect, it } from 'vitest'
import { chooseRate, scoreOf } from './choose-rate.ts'

const scores = (...values: number[]) => values.map((score, index) => ({ learningRate: 10 ** (index - 5), score }))

describe('chooseRate', () => {
  it.each([
    // By hand: the lowest loss, the highest accuracy, and of equal ones the smallest rate.
    ['log-loss', [0.7, 0.6, 0.65], 1e-4, false],
    ['accuracy', [0.7, 0.6, 0.65], 1e-5, true],
    ['accuracy', [0.5, 0.7, 0.7], 1e-4, false],
    ['log-loss', [0.6, 0.6, 0.6], 1e-5, true],
    ['log-loss', [NaN, 0.9, 0.8], 1e-3, true],
    ['log-loss', [0.9, NaN, NaN], 1e-5, true],
    ['log-loss', [0.9, 0.8], 1e-4, false],
    ['log-loss', [0.9], 1e-5, false],
  ] as const)('by %s of %j', (rule, values, learningRate, isAtEdge) => {
    const chosen = chooseRate(scores(...values), rule)
    expect(chosen?.learningRate).toBeCloseTo(learningRate, 12)
    expect(chosen?.isAtEdge).toBe(isAtEdge)
    expect(chooseRate(scores(...values).toReversed(), rule)).toEqual(chosen)
  })

  it('chooses none where none has a score', () => {
    expect(chooseRate(scores(NaN, NaN), 'accuracy')).toBeNull()
  })
})

describe('scoreOf', () => {
  const summary = (accuracy: number, loss: number) => ({
    accuracy: { value: accuracy, low: 0, high: 1 },
    log_loss_after_temperature: loss,
  })
  it('is what the rule looks at, and chance or certainty where no temperature is best', () => {
    expect(scoreOf(summary(0.6, 0.65), 'accuracy')).toBe(0.6)
    expect(scoreOf(summary(0.6, 0.65), 'log-loss')).toBe(0.65)
    expect(scoreOf(summary(0.48, NaN), 'log-loss')).toBe(Math.log(2))
    expect(scoreOf(summary(0.998, NaN), 'log-loss')).toBe(0)
  })
})
