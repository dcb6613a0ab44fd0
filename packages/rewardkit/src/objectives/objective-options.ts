import { z } from 'zod'
import { inGroup } from '../option-groups.ts'

/** What the paper leaves open; the defaults are this project's reading of it. */
export const objectiveOptionsSchema = z.object(
  inGroup('objective', {
    gradientThroughMean: z
      .enum(['detached', 'through'])
      .default('detached')
      .describe(
        'batch-margin, adaptive-margin: take the batch margin mu as a constant, or let the gradient flow through it',
      )
      .meta({ advanced: true }),
    meanOver: z
      .union([z.enum(['batch', 'running']), z.number().int().positive()])
      .default('batch')
      .describe(
        'batch-margin, adaptive-margin: take mu over the batch, over each chunk of N pairs, or as a running mean with momentum 0.9',
      )
      .meta({ advanced: true }),
    negativeMean: z
      .enum(['kept', 'clamped'])
      .default('kept')
      .describe(
        'batch-margin, adaptive-margin: keep a mu below 0, common in the first steps, which relaxes the loss, or replace it by 0',
      )
      .meta({ advanced: true }),
    branches: z
      .enum(['together', 'separately'])
      .default('together')
      .describe('adaptive-margin: take one mean over both branches of Eq. 6, or add up the mean of each')
      .meta({ advanced: true }),
    marginOn: z
      .enum(['below-mean', 'above-mean', 'random'])
      .default('below-mean')
      .describe(
        'adaptive-margin: apply mu to the pairs below it (Eq. 6); or, as a control, to those above it, or to as many at random',
      )
      .meta({ advanced: true }),
    labelSmoothing: z
      .number()
      .min(0)
      .lt(0.5)
      .default(0)
      .describe('assumed share e of flipped labels: each pair counts 1 - e as labelled and e with its label flipped')
      .meta({ advanced: true }),
    rewardCentering: z
      .number()
      .min(0)
      .default(0)
      .describe('coefficient of the mean of (chosen reward + rejected reward)^2, which pulls rewards towards 0')
      .meta({ advanced: true }),
  }),
)

/** Options with every default filled in. */
export type ObjectiveOptions = z.output<typeof objectiveOptionsSchema>
