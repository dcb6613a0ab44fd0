import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import { inGroup } from '../option-groups.ts'
import { ruleOf } from '../option-schemas.ts'
import { dataOption, limitOption, overwriteOption, seedOption, takeOverOption } from '../shared-options.ts'
import { isPartName } from '../models/part.ts'
import { headChoices } from '../models/weights.ts'
import { type ObjectiveName, objectiveNames, objectiveOptionsSchema } from '../objectives/index.ts'
import { maxLengthOption, readingOptionsSchema } from '../tokens/index.ts'
import { option, phrase } from '../phrase.ts'

/** Optimizer steps between checkpoints where nothing is said. */
export const defaultSaveEvery = 500

const count = z.number().int().positive()
const share = z.number().min(0).max(1)
/** The options of `train` one by one, before rules between them. */
export const trainFieldsSchema = z.object({
  model: z
    .string()
    .describe('causal language model or reward model: a folder, or a name on the Hugging Face Hub')
    .meta({ placeholder: 'MODEL', group: 'model' }),
  data: dataOption,
  evalData: z
    .string()
    .optional()
    .describe('held-out pairs to evaluate on, of any kind that --data takes')
    .meta({ placeholder: 'DATA', rival: 'evalFraction', group: 'data' }),
  evalFraction: share
    .optional()
    .describe('share of the rows to hold out, whole prompts at a time, instead of --eval-data')
    .meta({ rival: 'evalData', group: 'data' }),
  testData: z
    .string()
    .optional()
    .describe('pairs to evaluate on once, after training, apart from --eval-data; into test-evaluation/ of the run')
    .meta({ placeholder: 'DATA', group: 'data', advanced: true }),
  out: z.string().describe('run folder to write').meta({ placeholder: 'RUN' }),
  objective: z.enum(objectiveNames).default('bradley-terry').describe('training loss').meta({ group: 'objective' }),
  ...objectiveOptionsSchema.shape,
  missingMargin: z
    .union([z.enum(['error', 'drop']), z.number()])
    .default('error')
    .describe('pairs without a margin, if the objective needs one: stop with an error, drop them, or use this number')
    .meta({ group: 'objective' }),
  train: z
    .string()
    .refine(isPartName, {
      error: ({ input }) => `found "${String(input)}", expected all, head or last:N, such as last:2`,
    })
    .default('all')
    .describe(
      'part of the model to train: all, head, or last:N (the last N layers, final norm and head); hidden states below it are computed once and kept on disk',
    )
    .meta({ placeholder: 'PART', group: 'model' }),
  head: z
    .enum(headChoices)
    .default('linear')
    .describe(
      'head that turns the final hidden state into a reward. linear is a linear map; mlp has 256 hidden units, and transformers cannot open it. Both keep an existing head of their kind; new always starts a linear one',
    )
    .meta({ group: 'model', advanced: true }),
  batchSize: count
    .default(128)
    .describe('pairs for each optimizer step, however many micro-batches they take')
    .meta({ group: 'optimizer' }),
  ...readingOptionsSchema.shape,
  maxLength: maxLengthOption,
  epochs: count.default(1).describe('passes over the data').meta({ group: 'optimizer' }),
  maxSteps: count.optional().describe('stop after N optimizer steps').meta({ group: 'optimizer', advanced: true }),
  limit: limitOption,
  ...dataOptionsSchema.shape,
  ...inGroup('optimizer', {
    learningRate: z.number().positive().default(9e-6).describe('peak learning rate of AdamW'),
    schedule: z
      .enum(['constant', 'linear', 'cosine'])
      .default('constant')
      .describe('learning rate after the warm-up: constant, or falling to 0 linearly or along a cosine'),
    warmupSteps: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('optimizer steps over which the learning rate rises from 0')
      .meta({ rival: 'warmupRatio', advanced: true }),
    warmupRatio: share.optional().describe('the warm-up as a share of all steps').meta({ rival: 'warmupSteps' }),
    weightDecay: z.number().min(0).default(0).describe('weight decay of AdamW, for matrices only'),
    adamBetas: z
      .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
      .readonly()
      .default([0.9, 0.999])
      .describe('decay rates of the two moments of AdamW')
      .meta({ advanced: true }),
    adamEpsilon: z.number().positive().default(1e-8).describe('epsilon of AdamW').meta({ advanced: true }),
    maxGradNorm: z
      .number()
      .min(0)
      .default(1)
      .describe('clip gradients to this norm; 0 turns clipping off')
      .meta({ advanced: true }),
  }),
  ...computeOptionsSchema.shape,
  seed: seedOption,
  saveEvery: count
    .optional()
    .describe('optimizer steps between checkpoints')
    .meta({ defaultText: String(defaultSaveEvery), advanced: true }),
  evalEvery: count
    .optional()
    .describe('optimizer steps between evaluations')
    .meta({ defaultText: 'at the end only', advanced: true }),
  resume: z.boolean().default(false).describe('continue from the last checkpoint in the run folder'),
  allowDifferentBits: z
    .boolean()
    .default(false)
    .describe('with --resume: continue on other data, threads, processor or versions, which changes the bits')
    .meta({ advanced: true }),
  overwrite: overwriteOption,
  takeOver: takeOverOption,
})

/** The options of `train`, with their defaults. */
export const trainOptionsSchema = trainFieldsSchema
  .refine(
    (options) => options.evalData === undefined || options.evalFraction === undefined,
    ruleOf(phrase`give ${option('evalData')} or ${option('evalFraction')}, not both`),
  )
  .refine(
    (options) => options.warmupSteps === undefined || options.warmupRatio === undefined,
    ruleOf(phrase`give ${option('warmupSteps')} or ${option('warmupRatio')}, not both`),
  )
  .refine(
    (options) => !(options.resume && options.overwrite),
    ruleOf(phrase`give ${option('resume')} or ${option('overwrite')}, not both`),
  )

/** Options with every default filled in. An objective that is not of the list bears the name that its owner gave it. */
export type TrainOptions = Omit<z.output<typeof trainOptionsSchema>, 'objective'> & {
  readonly objective: ObjectiveName | `custom:${string}`
}
/** Options as a caller may give them. */
export type TrainInput = z.input<typeof trainOptionsSchema>
