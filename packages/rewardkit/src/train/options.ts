import { z } from 'zod'
import { objectiveNames, objectiveOptionsSchema } from '../objectives/index.ts'

const count = z.number().int().positive()
const share = z.number().min(0).max(1)
const aliases: Readonly<Record<string, string>> = { fp32: 'float32', bf16: 'bfloat16' }

/** A compute type; `fp32` and `bf16` are accepted for `float32` and `bfloat16`. */
export const dtypeSchema = z.preprocess(
  (value) => (typeof value === 'string' ? (aliases[value] ?? value) : value),
  z.enum(['auto', 'float32', 'bfloat16']),
)

/** How a text becomes token ids; saved with the model, so that evaluating and scoring read as training did. */
export const readingOptionsSchema = z.object({
  maxLength: count
    .default(2048)
    .describe('longest sequence in tokens (paper: 2048); what is longer is cut as --truncation says'),
  truncation: z
    .enum(['prompt-left', 'response-right', 'drop'])
    .default('prompt-left')
    .describe('cut the oldest part of the prompt, cut the responses at their end, or drop the group'),
  pool: z
    .enum(['end', 'template-end'])
    .default('end')
    .describe("the token whose hidden state is the reward's: the end token, or the last one the chat template writes"),
  transcripts: z
    .enum(['auto', 'template', 'as-is'])
    .default('auto')
    .describe('read HH transcripts through the chat template, as they came, or by template where the model has one'),
})

/** How the processor is used; changes speed and rounding alone. */
export const computeOptionsSchema = z.object({
  dtype: dtypeSchema
    .default('auto')
    .describe('compute type; auto takes bfloat16 where the processor has the instructions, over float32 masters'),
  device: z.enum(['cpu']).default('cpu').describe('where to compute'),
  threads: count.optional().describe('threads of one operator (default: the processors this process may use)'),
  microBatchTokens: count.optional().describe('tokens that go through the model at a time (default: by free memory)'),
})

const base = z.object({
  model: z.string().describe('Hugging Face model folder: a causal language model or a reward model'),
  data: z.string().describe('preference pairs, JSON Lines, plain or .gz'),
  evalData: z.string().optional().describe('held-out pairs to evaluate on'),
  evalFraction: share.optional().describe('share of the prompts to hold out instead of --eval-data'),
  out: z.string().describe('run folder to write'),
  objective: z.enum(objectiveNames).default('bradley-terry').describe('what the rewards are trained to do'),
  ...objectiveOptionsSchema.shape,
  missingMargin: z
    .union([z.enum(['error', 'drop']), z.number()])
    .default('error')
    .describe('what to do with pairs without a margin where the objective needs one: refuse, drop, or this number'),
  batchSize: count.default(128).describe('pairs of an optimizer step, however many micro-batches they take'),
  ...readingOptionsSchema.shape,
  epochs: count.default(1).describe('passes over the data'),
  maxSteps: count.optional().describe('stop after so many steps'),
  limit: count.optional().describe('use the first so many pairs of the data'),
  learningRate: z.number().positive().default(9e-6).describe("AdamW's learning rate"),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe('how the learning rate moves after the warm-up: stays, or falls to 0'),
  warmupSteps: z.number().int().min(0).optional().describe('steps over which the learning rate rises from 0'),
  warmupRatio: share.optional().describe('the same as a share of all steps'),
  weightDecay: z.number().min(0).default(0).describe("AdamW's weight decay, on matrices alone"),
  adamBetas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.999])
    .describe("AdamW's decay rates of the two moments"),
  adamEpsilon: z.number().positive().default(1e-8).describe("AdamW's epsilon"),
  maxGradNorm: z.number().min(0).default(1).describe('gradients are clipped to this norm; 0 leaves them'),
  ...computeOptionsSchema.shape,
  seed: z.number().int().min(0).default(0).describe('fixes the head, the order and everything else that is random'),
  saveEvery: count.optional().describe('steps between checkpoints (default: the model is saved at the end)'),
  evalEvery: count.optional().describe('steps between evaluations (default: at the end)'),
  resume: z.boolean().default(false).describe('go on from the last checkpoint in the run folder'),
  overwrite: z.boolean().default(false).describe('write into a run folder that is not empty'),
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

/** Options with every default filled in. */
export type TrainOptions = z.output<typeof trainOptionsSchema>
/** Options as a caller may give them. */
export type TrainInput = z.input<typeof trainOptionsSchema>
