import { z } from 'zod'
import { computeOptionsSchema } from '../compute-options.ts'
import { dataDescription, dataOptionsSchema } from '../data/data-options.ts'
import { takeOverOption } from '../option-schemas.ts'
import { readingOverridesSchema } from '../tokens/reading-options.ts'

/** Everything that `evaluate` can be told. How texts are read is saved with the model, and can be overruled. */
export const evaluateOptionsSchema = z.object({
  model: z.string().describe('reward-model folder, run folder, or a name at the hub').meta({ placeholder: 'MODEL' }),
  data: z.string().describe(dataDescription).meta({ placeholder: 'DATA' }),
  out: z
    .string()
    .describe('folder for rewards.jsonl, summary.json and worst_pairs.jsonl')
    .meta({ placeholder: 'FOLDER' }),
  limit: z.number().int().positive().optional().describe('use the first so many rows of the data that are of use'),
  ...dataOptionsSchema.shape,
  ...readingOverridesSchema.shape,
  overwrite: z.boolean().default(false).describe('replace an earlier evaluation in the folder'),
  ...takeOverOption,
  ...computeOptionsSchema.shape,
})

/** Options with every default filled in. */
export type EvaluateOptions = z.output<typeof evaluateOptionsSchema>
/** Options as a caller may give them. */
export type EvaluateInput = z.input<typeof evaluateOptionsSchema>

/** Everything that `score` can be told. How texts are read is saved with the model, and can be overruled. */
export const scoreOptionsSchema = z.object({
  model: z.string().describe('reward-model folder, run folder, or a name at the hub').meta({ placeholder: 'MODEL' }),
  data: z
    .string()
    .describe('file of {prompt, response}, {prompt, responses} or pairs; - for JSON Lines on standard input')
    .meta({ placeholder: 'FILE|-' }),
  columns: dataOptionsSchema.shape.columns,
  roles: dataOptionsSchema.shape.roles,
  encoding: dataOptionsSchema.shape.encoding,
  out: z
    .string()
    .default('-')
    .describe(
      'file to write, a row for each row read: .csv and .tsv are tables, all else JSON Lines; - for standard output',
    )
    .meta({ placeholder: 'FILE|-' }),
  ...readingOverridesSchema.shape,
  ...computeOptionsSchema.shape,
})

/** Options with every default filled in. */
export type ScoreOptions = z.output<typeof scoreOptionsSchema>
