import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { dataDescription, dataOptionsSchema } from '../data/data-options.ts'
import { isPartName } from '../models/part.ts'
import { headChoices } from '../models/weights.ts'
import { type ObjectiveName, objectiveNames, objectiveOptionsSchema } from '../objectives/index.ts'
import { takeOverOption } from '../option-schemas.ts'
import { readingOptionsSchema } from '../tokens/index.ts'

const count = z.number().int().positive()
const share = z.number().min(0).max(1)
const base = z.object({
  model: z
    .string()
    .describe('Hugging Face model folder, or a name at the hub: a causal language model or a reward model')
    .meta({ placeholder: 'MODEL' }),
  data: z.string().describe(dataDescription).meta({ placeholder: 'DATA' }),
  evalData: z
    .string()
    .optional()
    .describe('held-out pairs to evaluate on')
    .meta({ placeholder: 'FILE', rival: 'evalFraction' }),
  evalFraction: share
    .optional()
    .describe('share of the rows to hold out, whole prompts at a time, instead of --eval-data')
    .meta({ rival: 'evalData' }),
  out: z.string().describe('run folder to write').meta({ placeholder: 'RUN' }),
  objective: z.enum(objectiveNames).default('bradley-terry').describe('what the rewards are trained to do'),
  ...objectiveOptionsSchema.shape,
  missingMargin: z
    .union([z.enum(['error', 'drop']), z.number()])
    .default('error')
    .describe('what to do with pairs without a margin where the objective needs one: refuse, drop, or this number'),
  train: z
    .string()
    .refine(isPartName, {
      error: ({ input }) => `found "${String(input)}", expected all, head or last:N, such as last:2`,
    })
    .default('all')
    .describe(
      'what is trained: all of the model, the last N layers with final norm and head, or the head; hidden states below are computed once and kept on the disk',
    )
    .meta({ placeholder: 'all|head|last:N' }),
  head: z
    .enum(headChoices)
    .default('linear')
    .describe(
      'what makes a reward of the final hidden state: a linear map, or 256 hidden units, which transformers does not open (a head of that kind that the folder has is kept); new: another linear head, whatever the folder has',
    ),
  batchSize: count.default(128).describe('pairs of an optimizer step, however many micro-batches they take'),
  ...readingOptionsSchema.shape,
  epochs: count.default(1).describe('passes over the data'),
  maxSteps: count.optional().describe('stop after so many steps'),
  limit: count.optional().describe('use the first so many rows of the data that are of use'),
  ...dataOptionsSchema.shape,
  learningRate: z.number().positive().default(9e-6).describe("AdamW's learning rate"),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe('how the learning rate moves after the warm-up: stays, or falls to 0'),
  warmupSteps: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('steps over which the learning rate rises from 0')
    .meta({ rival: 'warmupRatio' }),
  warmupRatio: share.optional().describe('the same as a share of all steps').meta({ rival: 'warmupSteps' }),
  weightDecay: z.number().min(0).default(0).describe("AdamW's weight decay, on matrices alone"),
  adamBetas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .readonly()
    .default([0.9, 0.999])
    .describe("AdamW's decay rates of the two moments"),
  adamEpsilon: z.number().positive().default(1e-8).describe("AdamW's epsilon"),
  maxGradNorm: z.number().min(0).default(1).describe('gradients are clipped to this norm; 0 leaves them'),
  ...computeOptionsSchema.shape,
  seed: z.number().int().min(0).default(0).describe('fixes the head, the order and everything else that is random'),
  saveEvery: count.optional().describe('steps between checkpoints (default 500)'),
  evalEvery: count.optional().describe('steps between evaluations (default: at the end)'),
  resume: z.boolean().default(false).describe('go on from the last checkpoint in the run folder'),
  allowDifferentBits: z
    .boolean()
    .default(false)
    .describe('with --resume: go on under other data, threads, processor or versions, which gives other bits'),
  overwrite: z.boolean().default(false).describe('write into a run folder that is not empty'),
  ...takeOverOption,
})

/** Everything that `train` can be told, with its defaults. */
export const trainOptionsSchema = base
  .refine((options) => options.evalData === undefined || options.evalFraction === undefined, {
    message: 'give --eval-data or --eval-fraction, not both',
  })
  .refine((options) => options.warmupSteps === undefined || options.warmupRatio === undefined, {
    message: 'give --warmup-steps or --warmup-ratio, not both',
  })
  .refine((options) => !(options.resume && options.overwrite), { message: 'give --resume or --overwrite, not both' })

/** Options with every default filled in. An objective that is not of the list bears the name that its owner gave it. */
export type TrainOptions = Omit<z.output<typeof trainOptionsSchema>, 'objective'> & {
  readonly objective: ObjectiveName | `custom:${string}`
}
/** Options as a caller may give them. */
export type TrainInput = z.input<typeof trainOptionsSchema>
