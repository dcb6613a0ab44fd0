import { z } from 'zod'
import { formatNames } from './formats/names.ts'

/** Names on the left of `--columns`: the fields of a pair or of a group of responses. */
const columnNames = [
  'id',
  'prompt',
  'chosen',
  'rejected',
  'response',
  'responses',
  'preferences',
  'margin',
  'weight',
  'probability',
  'subset',
] as const

const texts = (placeholder: string, description: string) =>
  z.array(z.string()).readonly().optional().describe(description).meta({ placeholder })

/**
 * How rows become preferences: what every verb that reads preference data can be told, with what happens where nothing
 * is said. The layouts differ in what they leave open (docs/data.md says which option is for which).
 */
export const dataOptionsSchema = z.object({
  dataFormat: z
    .enum(['auto', ...formatNames])
    .default('auto')
    .describe('layout of the rows, by the names of data convert --to; auto recognises it by its columns')
    .meta({ placeholder: 'NAME' }),
  columns: z
    .array(
      z.string().refine((text) => columnNames.some((name) => text.startsWith(`${name}=`)), {
        error: ({ input }) => `found "${String(input)}", expected NAME=COLUMN with a name of ${columnNames.join(', ')}`,
      }),
    )
    .readonly()
    .optional()
    .describe('which columns hold what, such as prompt=question chosen=answer_a; dots reach into objects and lists')
    .meta({ placeholder: 'NAME=COLUMN', takesSeveral: true }),
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
    .default('drop')
    .describe('pairs without a preference: leave out, or give probability 0.5 (and 1 to the others), for soft-label'),
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
