import { z } from 'zod'

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
    .describe('also check this model folder: files, weights, and the rewards of its reward_check.json')
    .meta({ placeholder: 'FOLDER' }),
  json: z.boolean().default(false).describe('print JSON'),
})

export const setupOptionsSchema = z.object({
  remove: z
    .boolean()
    .default(false)
    .describe('take away what set-up installed, and the hidden states that training keeps'),
})
