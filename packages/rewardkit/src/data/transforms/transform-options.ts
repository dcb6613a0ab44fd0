import { z } from 'zod'
import { layoutNames } from '../layouts/layout-names.ts'
import { dataOptionsSchema } from '../data-options.ts'

const data = z.string().describe('preference data: a file, folder or name on the hub').meta({ placeholder: 'DATA' })
const to = z
  .enum(layoutNames)
  .optional()
  .describe(`layout to write (default: one of our own that keeps everything): ${layoutNames.join(', ')}`)
  .meta({ placeholder: 'NAME' })
const out = z.string().describe('file to write: .jsonl, .jsonl.gz or .parquet').meta({ placeholder: 'FILE' })
const seed = z.number().int().nonnegative().default(0).describe('fixes what is drawn at random')
const match = z
  .enum(['exact', 'normalised', 'near'])
  .describe(
    'what counts as equal: the same text; the same but for case, white space and punctuation; or alike at --threshold',
  )
const threshold = z
  .number()
  .gt(0)
  .max(1)
  .default(0.8)
  .describe('near: least Jaccard similarity of the two sets of four-word runs')

/** Everything that `data convert` can be told. */
export const convertOptionsSchema = z.object({ data, to, out, ...dataOptionsSchema.shape })

/** Everything that `data split` can be told. */
export const splitOptionsSchema = z.object({
  data,
  out: z.string().describe('folder for train.jsonl, test.jsonl and validation.jsonl').meta({ placeholder: 'FOLDER' }),
  test: z.number().gt(0).lt(1).default(0.1).describe('share of the rows to set aside as test.jsonl'),
  validation: z.number().min(0).lt(1).default(0).describe('share to set aside as validation.jsonl'),
  by: z
    .enum(['prompt', 'row'])
    .default('prompt')
    .describe(
      'keep rows with the same user turns on one side, or draw row by row as the paper did, which leaks prompts',
    ),
  stratify: z.boolean().default(false).describe('the same shares of every subset, as far as whole prompts allow'),
  type: z.enum(['jsonl', 'jsonl.gz', 'parquet']).default('jsonl').describe('kind of the files'),
  overwrite: z.boolean().default(false).describe('replace an earlier split in the folder'),
  seed,
  to,
  ...dataOptionsSchema.shape,
})

/** Everything that `data dedupe` can be told. */
export const dedupeOptionsSchema = z.object({
  data,
  out,
  match: match.default('exact'),
  threshold,
  of: z
    .enum(['pair', 'prompt'])
    .default('pair')
    .describe('leave out pairs that were there before, or all but the first row of a prompt'),
  to,
  ...dataOptionsSchema.shape,
})

/** Everything that `data leakage` can be told. */
export const leakageOptionsSchema = z.object({
  data,
  against: z.string().describe('the evaluation data').meta({ placeholder: 'DATA' }),
  threshold,
  out: z
    .string()
    .optional()
    .describe('also write --data without the rows whose prompt was found in --against')
    .meta({ placeholder: 'FILE' }),
  match: match.default('near').describe('up to which of the three matches --out leaves rows out'),
  json: z.boolean().default(false).describe('print JSON'),
  to,
  ...dataOptionsSchema.shape,
})

/** Everything that `data mix` can be told. */
export const mixOptionsSchema = z.object({
  sources: z
    .array(z.string())
    .readonly()
    .describe('preference data, or one .yaml file of a mixture')
    .meta({ placeholder: 'DATA' }),
  out,
  weights: z
    .array(z.number().positive())
    .readonly()
    .optional()
    .describe('proportions in which rows are drawn, one for each DATA, such as 2,1')
    .meta({ placeholder: 'X,Y' }),
  caps: z
    .array(z.number().int().positive())
    .readonly()
    .optional()
    .describe('at most so many rows, one number for each DATA')
    .meta({ placeholder: 'N,M' }),
  total: z.number().int().positive().optional().describe('rows in all (default: as many as the weights allow)'),
  seed,
  to,
  ...dataOptionsSchema.shape,
})

/** Everything that `data filter` can be told. */
export const filterOptionsSchema = z.object({
  data,
  out,
  minMargin: z.number().optional().describe('leave out pairs with a smaller annotated margin, or none'),
  maxMargin: z.number().optional().describe('leave out pairs with a larger annotated margin, or none'),
  minCharacters: z.number().int().positive().optional().describe('leave out pairs with a shorter response'),
  maxCharacters: z.number().int().positive().optional().describe('leave out pairs with a longer response'),
  maxPromptCharacters: z.number().int().positive().optional().describe('leave out rows with a longer prompt'),
  maxTurns: z.number().int().positive().optional().describe('leave out rows whose prompt has more turns'),
  where: z
    .array(
      z.string().refine((text) => /^[^=!<>]+(=|!=|<=|>=|<|>)/.test(text), {
        error: ({ input }) => `found "${String(input)}", expected COLUMN=VALUE, with =, !=, <, <=, > or >=`,
      }),
    )
    .readonly()
    .optional()
    .describe('keep rows for which all of these hold: COLUMN=VALUE, with =, !=, <, <=, >, >=; dots reach into meta')
    .meta({ placeholder: 'COLUMN=VALUE', takesSeveral: true }),
  prompt: z
    .string()
    .optional()
    .describe('keep rows whose prompt matches this regular expression')
    .meta({ placeholder: 'REGEX' }),
  to,
  ...dataOptionsSchema.shape,
})

export type ConvertOptions = z.output<typeof convertOptionsSchema>
export type SplitOptions = z.output<typeof splitOptionsSchema>
export type DedupeOptions = z.output<typeof dedupeOptionsSchema>
export type LeakageOptions = z.output<typeof leakageOptionsSchema>
export type MixOptions = z.output<typeof mixOptionsSchema>
export type FilterOptions = z.output<typeof filterOptionsSchema>
