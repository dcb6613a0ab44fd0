import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import type { RewardTable } from '../analysis/reward-table.ts'
import { InputError } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { readRewards } from '../rewards/read-rewards.ts'
import { evaluationFolders, type RewardsPlace } from './arms.ts'

/** One run of an arm: its rewards, and what is known of where they come from. */
export interface Run {
  readonly path: string
  readonly table: RewardTable
  readonly seed: number | null
  /** The training loss; null where no config.yaml says it. */
  readonly objective: string | null
  /** Equal for runs that began with the same weights and saw the same pairs in the same order; null if unknown. */
  readonly start: string | null
  readonly modelSha256: string | null
  readonly dataSha256: string | null
}

const summarySchema = z.object({
  model: z.object({ path: z.string(), sha256: z.string() }).partial().optional(),
  data: z.object({ sha256: z.string() }).partial().optional(),
})
const configSchema = z.looseObject({
  seed: z.number(),
  model: z.string(),
  data: z.string(),
  objective: z.string().optional(),
})
const dataSchema = z.object({ training: z.object({ sha256: z.string() }) })

/** Options of a training that decide which weights it began with, and the order of its pairs. */
const decisive = ['head', 'limit', 'eval_fraction', 'epochs', 'missing_margin']

/**
 * Reads the rewards of a run, and what the files beside them say of it.
 * @throws InputError for a file that is not what it should be, and for repeated ids
 */
export async function readRun(
  { file, run }: RewardsPlace,
  columns: readonly string[] | undefined,
  hooks: Hooks,
): Promise<Run> {
  // What RewardKit writes needs no names of columns; they are for other files beside it.
  const isOurs = basename(file) === 'rewards.jsonl'
  const { table, repeatedId } = await readRewards(file, isOurs ? {} : { columns }, hooks)
  if (repeatedId !== undefined)
    throw new InputError(`${file}: the id ${repeatedId} is that of several pairs`, {
      remedy: 'give every pair an id of its own',
    })
  const summary = readIfThere(join(dirname(file), 'summary.json'), JSON.parse, summarySchema)
  const training = run !== null && isOwnEvaluation(file, run) ? run : trainingOf(summary?.model?.path)
  const config = training === null ? null : readIfThere(join(training, 'config.yaml'), parse, configSchema)
  return {
    path: file,
    table,
    seed: config?.seed ?? null,
    objective: config?.objective ?? null,
    start: config && training !== null ? startOf(config, training) : null,
    modelSha256: summary?.model?.sha256 ?? null,
    dataSha256: summary?.data?.sha256 ?? null,
  }
}

const isOwnEvaluation = (file: string, run: string): boolean =>
  evaluationFolders.some((folder) => resolve(dirname(file)) === resolve(run, folder))

/** The same text for trainings that began alike and saw the same pairs in the same order. */
function startOf(config: z.output<typeof configSchema>, run: string): string {
  const data = readIfThere(join(run, 'data.json'), JSON.parse, dataSchema)?.training.sha256 ?? config.data
  return JSON.stringify([config.seed, config.model, data, ...decisive.map((name) => config[name] ?? null)])
}

/** The run that a model was trained in: its folder, or the one above. */
const trainingOf = (model: string | undefined): string | null =>
  [model, model && dirname(model)].find((folder) => folder !== undefined && existsSync(join(folder, 'config.yaml'))) ??
  null

/** What a file says, or null if there is none, or it says something else. */
function readIfThere<T>(path: string, parser: (text: string) => unknown, schema: z.ZodType<T>): T | null {
  if (!existsSync(path)) return null
  try {
    return schema.safeParse(parser(readFileSync(path, 'utf8'))).data ?? null
  } catch {
    return null
  }
}
