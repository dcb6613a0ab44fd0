import { basename, dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { columnNames, namedColumns } from '../data/columns.ts'
import { InputError, located } from '../errors.ts'
import { evaluateOptionsSchema, evaluateRewardsOptionsSchema } from '../evaluate/evaluate-options.ts'
import { judge, parseGate } from '../evaluate/gate.ts'
import { commandOptions } from '../option-schemas.ts'
import { option, phrase } from '../phrase.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { rewardColumnNames } from '../rewards/reward-fields.ts'
import { withTerminal } from './command.ts'
import type { evaluateCommandSchema } from './command-schemas.ts'
import { exitCodes } from './exit-codes.ts'
import { compute } from './interruptible-job.ts'
import { showEvaluations } from './show-evaluation.ts'

type Given = z.output<typeof evaluateCommandSchema>

/** Evaluates a model, or rewards that files hold, prints what was found, and judges it. */
export async function runEvaluate({ failBelow, format, json, ...options }: Given): Promise<number> {
  const gate = failBelow === undefined ? null : parseGate(failBelow)
  const summaries = options.rewards ? await ofFiles(options.rewards, options) : await ofModel(options)
  const verdicts = gate && new Map([...summaries].map(([name, summary]) => [name, judge(summary, gate)]))
  showEvaluations(summaries, verdicts, { format: json ? 'json' : format, out: options.out })
  const isBelow = verdicts !== null && [...verdicts.values()].some(({ passed }) => !passed)
  return isBelow ? exitCodes.belowThreshold : exitCodes.success
}

type Options = Omit<Given, 'failBelow' | 'format' | 'json'>
type Summaries = ReadonlyMap<string, EvaluationSummary>

async function ofModel(given: Options): Promise<Summaries> {
  const missing = (['model', 'data', 'out'] as const).find((key) => given[key] === undefined)
  if (missing !== undefined)
    throw new InputError(phrase`missing ${option(missing)}`, {
      remedy: phrase`evaluate a model with ${option('model')}, ${option('data')} and ${option('out')}, or computed rewards with ${option('rewards')}`,
    })
  checkColumns(given.columns, columnNames)
  const options = evaluateOptionsSchema.parse(given)
  const summary = await withTerminal(({ onEvent }) => compute('evaluate', { options }, onEvent))
  return new Map([['all', summary]])
}

/** Each file by its name. Several write into folders of their own. */
async function ofFiles(files: readonly string[], given: Options): Promise<Summaries> {
  refuseIdle(given)
  checkColumns(given.columns, rewardColumnNames)
  refuseRepeated(files)
  const names = namesOf(files)
  const summaries = new Map<string, EvaluationSummary>()
  for (const [index, rewards] of files.entries()) {
    const name = names[index] ?? rewards
    const out = given.out !== undefined && files.length > 1 ? join(given.out, name) : given.out
    const { columns, encoding, onError, baselineData, overwrite, takeOver } = given
    const all = { rewards, columns, encoding, onError, baselineData, overwrite, takeOver, out }
    const options = evaluateRewardsOptionsSchema.parse(all)
    const summary = await withTerminal(({ onEvent }) => compute('evaluateRewards', options, onEvent))
    summaries.set(files.length === 1 ? 'all' : name, summary)
  }
  return summaries
}

/** Refuses what was given and says nothing of rewards that are computed already. */
function refuseIdle(given: Readonly<Record<string, unknown>>): void {
  const read = Object.keys(evaluateRewardsOptionsSchema.shape)
  const idle = commandOptions(evaluateOptionsSchema).find(
    ({ key, defaultValue }) =>
      !read.includes(key) && given[key] !== undefined && JSON.stringify(given[key]) !== JSON.stringify(defaultValue),
  )
  if (idle)
    throw new InputError(phrase`${option(idle.key)} has no effect on rewards that are computed already`, {
      remedy: phrase`leave it out, or leave out ${option('rewards')}`,
    })
}

/** Names of columns that this input has; the command takes those of data and of rewards. */
function checkColumns(columns: readonly string[] | undefined, names: readonly string[]): void {
  try {
    namedColumns(columns ?? [], names)
  } catch (error) {
    throw error instanceof InputError ? located(phrase`${option('columns')}`, error) : error
  }
}

/** The names of files without their endings; where two are the same, with the folder above, then with a number. */
function namesOf(files: readonly string[]): string[] {
  const short = files.map((file) => basename(resolve(file)).replace(/(\.(jsonl?|csv|tsv|parquet|gz|zst))+$/, ''))
  const isShared = (name: string) => short.filter((other) => other === name).length > 1
  return distinct(
    files.map((file, index) => {
      const name = short[index] ?? file
      return isShared(name) ? `${basename(dirname(resolve(file)))}/${name}` : name
    }),
  )
}

/** Names with a number after those that an earlier one has. */
function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let count = 2; taken.has(free); count++) free = `${name}-${count}`
    taken.add(free)
    return free
  })
}

/** The same file twice would be two columns that say the same. */
function refuseRepeated(files: readonly string[]): void {
  const paths = files.map((file) => resolve(file))
  const repeated = files.find((_, index) => paths.indexOf(paths[index] ?? '') !== index)
  if (repeated === undefined) return
  throw new InputError(phrase`${option('rewards')}: ${repeated} is given twice`, { remedy: 'name each file once' })
}
