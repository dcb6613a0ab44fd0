import { z } from 'zod'
import { namedColumns } from './columns.ts'
import { layoutNames } from './layouts/layout-names.ts'
import { isEncoding } from './sources/encoding.ts'

/** What `--data` takes, for every verb that reads preferences. */
export const dataDescription =
  'preference data: a file (JSON, JSONL, CSV, TSV or Parquet, also gzip or zstd), a folder, a pattern, a name at the Hugging Face hub, the .yaml file of a mixture, or - for standard input'

const texts = (placeholder: string, description: string) =>
  z.array(z.string()).readonly().optional().describe(description).meta({ placeholder })

/**
 * How rows become preferences: what every verb that reads preference data can be told, with what happens where nothing
 * is said. The layouts differ in what they leave open (docs/data.md says which option is for which).
 */
export const dataOptionsSchema = z.object({
  dataFormat: z
    .enum(['auto', ...layoutNames])
    .default('auto')
    .describe('layout of the rows, by the names of data convert --to; auto recognises it by its columns')
    .meta({ placeholder: 'NAME' }),
  columns: z
    .array(z.string())
    .superRefine((columns, context) => {
      try {
        namedColumns(columns)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      }
    })
    .readonly()
    .optional()
    .describe(
      'which columns hold what, such as prompt=question chosen=answer_a, or a=answer_a b=answer_b choice=winner; dots reach into objects and lists',
    )
    .meta({ placeholder: 'NAME=COLUMN', takesSeveral: true }),
  choices: z
    .union([z.string(), z.record(z.string(), z.union([z.string(), z.number()]))])
    .optional()
    .describe(
      'what the values of the column "choice" mean, such as "A is much better=a:3, tie=tie, NULL=drop", or a .yaml file of such a map; of "rating", a number for each',
    )
    .meta({ placeholder: 'VALUE=MEANING' }),
  encoding: z
    .string()
    .refine(isEncoding, {
      error: ({ input }) =>
        `found "${String(input)}", expected the name of an encoding such as utf-8, latin1, windows-1252, utf-16 or shift_jis`,
    })
    .default('utf-8')
    .describe('encoding of text files, such as latin1, windows-1252 or utf-16; Parquet has its own')
    .meta({ placeholder: 'NAME' }),
  roles: z
    .array(
      z.string().regex(/^.+=.+$/s, {
        error: ({ input }) => `found "${String(input)}", expected ROLE=ROLE such as bot=assistant`,
      }),
    )
    .readonly()
    .optional()
    .describe('read the roles of messages as others, such as bot=assistant customer=user')
    .meta({ placeholder: 'ROLE=ROLE', takesSeveral: true }),
  lastTurnUser: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe("pairs with a response that ends with the user's turn: compare them there, with a warning, or leave out"),
  onError: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('what a row that cannot be read does: stop, or skip and count'),
  subsets: texts('NAME', 'use these subsets of the data only'),
  languages: texts('CODE', 'use rows in these languages only, such as en,de, where rows say their language'),
  pairsPerPrompt: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('use the first so many pairs of each prompt only (SHP has posts with hundreds)'),
  ties: z
    .enum(['drop', 'half'])
    .optional()
    .describe(
      'pairs without a preference: leave out, or give probability 0.5 (and 1 to the others), for soft-label; by default those stay that our own layouts give as probability 0.5',
    ),
  minScoreRatio: z.number().min(1).optional().describe('SHP: leave out pairs whose score_ratio is smaller'),
  turns: z
    .enum(['whole', 'first', 'single'])
    .default('whole')
    .describe(
      'Arena: compare whole conversations as they were judged, the first answers only, or conversations of one turn only',
    ),
  citations: z.enum(['keep', 'strip']).default('keep').describe('WebGPT: references such as [1] in the answers'),
  newsArticles: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('TLDR: rows about CNN/DM articles, which the validation split has beside the Reddit posts'),
  safeRlhfLabel: z
    .enum(['better', 'safer'])
    .default('better')
    .describe('PKU-SafeRLHF: which of its two judgements to read'),
})

/** How rows become preferences, every default filled in. */
export type DataOptions = z.output<typeof dataOptionsSchema>

/** What happens where nothing is said. */
export const defaultDataOptions: DataOptions = dataOptionsSchema.parse({})
