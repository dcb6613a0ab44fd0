import { z } from 'zod'
import { inGroup } from '../option-groups.ts'
import { columnNames, namedColumns } from './columns.ts'
import { isEncoding } from './sources/encoding.ts'

const texts = (placeholder: string, description: string) =>
  z.array(z.string()).readonly().optional().describe(description).meta({ placeholder, advanced: true })

/** `--columns` with these names on the left. */
export const columnsOption = (names: readonly string[], description: string) =>
  z
    .array(z.string())
    .superRefine((columns, context) => {
      try {
        namedColumns(columns, names)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      }
    })
    .readonly()
    .optional()
    .describe(description)
    .meta({ placeholder: 'NAME=COLUMN', takesSeveral: true })

/**
 * How rows of a known layout become preferences. The layouts differ in what they leave open (docs/data.md says which
 * option is for which).
 */
export const rowOptionsSchema = z.object(
  inGroup('rows', {
    columns: columnsOption(
      columnNames,
      'which column holds what, such as prompt=question chosen=answer_a, or a=answer_a b=answer_b choice=winner; dots reach into objects and lists',
    ),
    choices: z
      .union([z.string(), z.record(z.string(), z.union([z.string(), z.number()]))])
      .optional()
      .describe(
        'what the values of the column "choice" mean, such as "A is much better=a:3, tie=tie, NULL=drop", or a .yaml file with such a map. For the column "rating": a number for each value',
      )
      .meta({ placeholder: 'VALUE=MEANING', advanced: true }),
    encoding: z
      .string()
      .refine(isEncoding, {
        error: ({ input }) =>
          `found "${String(input)}", expected the name of an encoding such as utf-8, latin1, windows-1252, utf-16 or shift_jis`,
      })
      .default('utf-8')
      .describe('encoding of text files, such as utf-8, latin1, windows-1252 or utf-16; Parquet has its own')
      .meta({ placeholder: 'NAME', advanced: true }),
    roles: z
      .array(
        z.string().refine((text) => /^.+=.+$/s.test(text), {
          error: ({ input }) => `found "${String(input)}", expected ROLE=ROLE such as bot=assistant`,
        }),
      )
      .readonly()
      .optional()
      .describe('rename the roles of messages, such as bot=assistant customer=user')
      .meta({ placeholder: 'ROLE=ROLE', takesSeveral: true, advanced: true }),
    lastTurnUser: z
      .enum(['keep', 'drop'])
      .default('keep')
      .describe("pairs in which a response ends with the user's turn: keep them, with a warning, or drop them")
      .meta({ advanced: true }),
    onError: z
      .enum(['stop', 'skip'])
      .default('stop')
      .describe('what to do with a row that cannot be read: stop, or skip it and count it'),
    subsets: texts('NAME', 'use only these subsets, such as chat,code'),
    languages: texts('CODE', 'use only rows in these languages, such as en,de, if the rows name their language'),
    pairsPerPrompt: z
      .number()
      .int()
      .positive()
      .optional()
      .describe('use only the first N pairs of each prompt (some SHP posts have hundreds)')
      .meta({ advanced: true }),
    ties: z
      .enum(['drop', 'half'])
      .optional()
      .describe(
        'pairs without a preference: drop them, or keep them with probability 0.5 and give the others probability 1, as soft-label needs',
      )
      .meta({ advanced: true, defaultText: 'drop them, except those given as probability 0.5' }),
    minScoreRatio: z
      .number()
      .min(1)
      .optional()
      .describe('SHP: drop pairs whose score_ratio is below X')
      .meta({ advanced: true }),
    turns: z
      .enum(['whole', 'first', 'single'])
      .default('whole')
      .describe(
        'Arena: compare whole conversations as they were judged, only the first answers, or only conversations of a single turn',
      )
      .meta({ advanced: true }),
    citations: z
      .enum(['keep', 'strip'])
      .default('keep')
      .describe('WebGPT: keep or strip references such as [1] in the answers')
      .meta({ advanced: true }),
    newsArticles: z
      .enum(['keep', 'drop'])
      .default('keep')
      .describe('TLDR: keep or drop the CNN/DM articles that the validation split has beside the Reddit posts')
      .meta({ advanced: true }),
    safeRlhfLabel: z
      .enum(['better', 'safer'])
      .default('better')
      .describe('PKU-SafeRLHF: which of its two judgements to read')
      .meta({ advanced: true }),
  }),
)

/** How rows of a known layout become preferences, with every default filled in. */
export type RowOptions = z.output<typeof rowOptionsSchema>

/** The defaults. */
export const defaultRowOptions: RowOptions = rowOptionsSchema.parse({})
