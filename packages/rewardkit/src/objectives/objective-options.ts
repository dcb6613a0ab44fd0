import { z } from 'zod'

/** The names that `createObjective` knows. */
export const objectiveNames = [
  'bradley-terry',
  'annotated-margin',
  'batch-margin',
  'adaptive-margin',
  'scaled-bradley-terry',
  'soft-label',
] as const

export type ObjectiveName = (typeof objectiveNames)[number]

/** What the paper leaves open; the defaults are this project's reading of it. */
export const objectiveOptionsSchema = z.object({
  gradientThroughMean: z
    .enum(['detached', 'through'])
    .default('detached')
    .describe('mu is a constant for the gradient, or the gradient flows through it (batch-margin, adaptive-margin)'),
  meanOver: z
    .union([z.enum(['batch', 'running']), z.number().int().positive()])
    .default('batch')
    .describe('mu is the mean of the batch, of each chunk of so many pairs, or a running mean with momentum 0.9'),
  negativeMean: z
    .enum(['kept', 'clamped'])
    .default('kept')
    .describe('a mu below zero, common in the first steps, relaxes the loss as it is, or counts as zero'),
  branches: z
    .enum(['together', 'separately'])
    .default('together')
    .describe('one mean over the batch, or the sum of the means of the two branches of Eq. 6 (adaptive-margin)'),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0)
    .describe(
      'assumed share of flipped labels e: (1 - e) of the loss as labelled, e of the loss with the label flipped',
    ),
  rewardCentering: z
    .number()
    .min(0)
    .default(0)
    .describe('coefficient of the mean of (chosen reward + rejected reward)^2, which draws rewards towards zero'),
})

/** Options with every default filled in. */
export type ObjectiveOptions = z.output<typeof objectiveOptionsSchema>
