/** How the learning rate moves over a run. */
export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine'
  readonly learningRate: number
  readonly warmupSteps: number
  readonly totalSteps: number
}

/**
 * The learning rate of a step (0 is the first). It rises linearly from 0 over the warm-up. Then it stays, falls
 * linearly to 0, or falls by half a cosine to 0. It equals transformers' get_scheduler with `constant_with_warmup`,
 * `linear` and `cosine`.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { kind, learningRate, warmupSteps, totalSteps } = schedule
  if (step < warmupSteps) return (learningRate * step) / warmupSteps
  if (kind === 'constant') return learningRate
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)
  if (kind === 'linear') return learningRate * Math.max(0, 1 - progress)
  return learningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)))
}
