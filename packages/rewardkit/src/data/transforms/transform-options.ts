import { z } from 'zod'
import { inGroup } from '../../option-groups.ts'
import { dataOption as data, jsonOption, overwriteOption, seedOption as seed } from '../../shared-options.ts'
import { layoutNames } from '../layouts/layout-list.ts'
import { dataOptionsSchema } from '../data-options.ts'

const to = z
  .enum(layoutNames)
  .optional()
  .describe('layout to write')
  .meta({ defaultText: 'one of our own that keeps everything' })
const out = z.string().describe('file to write: .jsonl, .jsonl.gz or .parquet').meta({ placeholder: 'FILE' })
const match = z
  .enum(['exact', 'normalised', 'near'])
  .describe(
    'texts that count as equal: the same, the same apart from case, white space and punctuation, or (near) at least as similar as --threshold',
  )
  .meta({ group: 'data' })
const threshold = z
  .number()
  .gt(0)
  .max(1)
  .default(0.8)
  .describe('for near: minimum Jaccard similarity of the sets of four-word sequences')
  .meta({ group: 'data' })

/** The options of `data convert`. */
export const convertOptionsSchema = z.object({ data, to, out, ...dataOptionsSchema.shape })

/** The options of `data split`. */
export const splitOptionsSchema = z.object({
  data,
  out: z.string().describe('folder for train.jsonl, test.jsonl and validation.jsonl').meta({ placeholder: 'FOLDER' }),
  ...inGroup('data', {
    test: z.number().min(0).lt(1).default(0.1).describe('share of the rows for test.jsonl; 0 for none'),
    validation: z.number().min(0).lt(1).default(0).describe('share of the rows for validation.jsonl'),
    by: z
      .enum(['prompt', 'row'])
      .default('prompt')
      .describe(
        'keep rows with the same user turns on one side, or draw row by row as the paper did, which leaks prompts',
      ),
    stratify: z.boolean().default(false).describe('take the same shares of every subset, as far as prompts allow'),
  }),
  type: z.enum(['jsonl', 'jsonl.gz', 'parquet']).default('jsonl').describe('type of the files'),
  overwrite: overwriteOption,
  seed,
  to,
  ...dataOptionsSchema.shape,
})

/** The options of `data dedupe`. */
export const dedupeOptionsSchema = z.object({
  data,
  out,
  match: match.default('exact'),
  threshold,
  of: z
    .enum(['pair', 'prompt'])
    .default('pair')
    .describe('drop repeated pairs, or all but the first row of each prompt')
    .meta({ group: 'data' }),
  to,
  ...dataOptionsSchema.shape,
})

/** The options of `data leakage`. */
export const leakageOptionsSchema = z.object({
  data,
  against: z
    .string()
    .describe('evaluation data, of any kind that --data takes')
    .meta({ placeholder: 'DATA', group: 'data' }),
  threshold,
  out: z
    .string()
    .optional()
    .describe('also write --data without the rows whose prompt is in --against')
    .meta({ placeholder: 'FILE' }),
  match: match.default('near'),
  json: jsonOption,
  to,
  ...dataOptionsSchema.shape,
})

/** The options of `data mix`. */
export const mixOptionsSchema = z.object({
  sources: z
    .array(z.string())
    .readonly()
    .describe('preference data, as many as you like, or one .yaml file of a mixture')
    .meta({ placeholder: 'DATA', group: 'data' }),
  out,
  ...inGroup('data', {
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
      .describe('maximum number of rows from each DATA, such as 1000,500')
      .meta({ placeholder: 'N,M' }),
    total: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('rows to write')
      .meta({ defaultText: 'as many as the weights allow' }),
  }),
  seed,
  to,
  ...dataOptionsSchema.shape,
})

/** The options of `data filter`. */
export const filterOptionsSchema = z.object({
  data,
  out,
  ...inGroup('data', {
    minMargin: z.number().optional().describe('drop pairs without an annotated margin of at least X'),
    maxMargin: z.number().optional().describe('drop pairs without an annotated margin of at most X'),
    minCharacters: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('drop pairs with a response of fewer than N characters'),
    maxCharacters: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('drop pairs with a response of more than N characters'),
    maxPromptCharacters: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('drop rows with a prompt of more than N characters'),
    maxTurns: z.number().int().positive().optional().describe('drop rows with a prompt of more than N turns'),
    where: z
      .array(
        z.string().refine((text) => /^[^=!<>]+(=|!=|<=|>=|<|>)/.test(text), {
          error: ({ input }) => `found "${String(input)}", expected COLUMN=VALUE, with =, !=, <, <=, > or >=`,
        }),
      )
      .readonly()
      .optional()
      .describe(
        'keep only rows that meet all these conditions: COLUMN=VALUE, with =, !=, <, <=, > or >=; dots reach into meta',
      )
      .meta({ placeholder: 'COLUMN=VALUE', takesSeveral: true }),
    ids: z
      .string()
      .optional()
      .describe('keep only rows and pairs whose id is in this file: a line each, or rows with a column id')
      .meta({ placeholder: 'FILE' }),
    withoutIds: z
      .string()
      .optional()
      .describe('drop rows and pairs whose id is in this file, such as suspicious.jsonl of an evaluation')
      .meta({ placeholder: 'FILE' }),
    prompt: z
      .string()
      .optional()
      .describe('keep only rows whose prompt matches this regular expression')
      .meta({ placeholder: 'REGEX' }),
  }),
  to,
  ...dataOptionsSchema.shape,
})

export type ConvertOptions = z.output<typeof convertOptionsSchema>
export type SplitOptions = z.output<typeof splitOptionsSchema>
export type DedupeOptions = z.output<typeof dedupeOptionsSchema>
export type LeakageOptions = z.output<typeof leakageOptionsSchema>
export type MixOptions = z.output<typeof mixOptionsSchema>
export type FilterOptions = z.output<typeof filterOptionsSchema>
