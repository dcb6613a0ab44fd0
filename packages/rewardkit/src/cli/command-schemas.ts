import { z } from 'zod'
import { evaluateOptionsSchema } from '../evaluate/evaluate-options.ts'
import { trainOptionsSchema } from '../train/train-options.ts'

/** What the library's function is told, and how the command shows and judges the outcome. */
export const evaluateCommandSchema = evaluateOptionsSchema.extend({
  failBelow: z
    .string()
    .optional()
    .describe("end with exit code 3 where the lower end of the metric's 95 % interval is below this share")
    .meta({ placeholder: 'accuracy=X' }),
  format: z
    .enum(['table', 'markdown', 'json'])
    .default('table')
    .describe('how to print the summary: for people, for a job summary, or as summary.json has it'),
})

/** What the library's function is told, or only to plan. */
export const trainCommandSchema = trainOptionsSchema.safeExtend({
  dryRun: z
    .boolean()
    .default(false)
    .describe('train nothing: time two micro-batches and print pairs, tokens, steps, hours, memory and disk'),
})

export const reportOptionsSchema = z.object({
  runs: z.array(z.string()).min(1).describe('run folders').meta({ placeholder: 'RUN' }),
  out: z
    .string()
    .optional()
    .describe('HTML file to write (default: report.html in the run, or in this folder for several)')
    .meta({ placeholder: 'FILE' }),
})

export const doctorOptionsSchema = z.object({
  model: z
    .string()
    .optional()
    .describe(
      'also check this model (a folder, or a name at the hub): files, weights, and the rewards of its reward_check.json',
    )
    .meta({ placeholder: 'MODEL' }),
  json: z.boolean().default(false).describe('print JSON'),
})

export const setupOptionsSchema = z.object({
  remove: z
    .boolean()
    .default(false)
    .describe('take away what set-up installed, and the hidden states that training keeps'),
})
