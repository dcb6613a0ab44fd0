import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { growTable, type RewardTable } from '../analysis/reward-table.ts'
import { counted } from '../counted.ts'
import {
  type BadRow,
  columnMapper,
  createReading,
  evaluationSplits,
  readRows,
  reportSkipped,
  type Source,
  type SourceFile,
  type SourceRow,
} from '../data/index.ts'
import { countSkipped, createSkippedRows } from '../data/skipped-rows.ts'
import { openSource } from '../data/sources/open-source.ts'
import { InputError, Interrupted, located } from '../errors.ts'
import { type Hooks, warning } from '../events.ts'
import { sha256Files } from '../hashes.ts'
import { option, phrase, settings } from '../phrase.ts'
import { rowsByColumns } from './rows-by-columns.ts'
import {
  createRewardReader,
  type MarginsOfTexts,
  NoRewards,
  rewardColumnNames,
  type RewardReader,
} from './reward-fields.ts'

/** How a file of rewards is read. */
export interface RewardFileOptions {
  /** `NAME=COLUMN` texts with a name of `rewardColumnNames`. */
  readonly columns?: readonly string[] | undefined
  readonly encoding?: string
  readonly onError?: 'stop' | 'skip'
  /** Called for each pair whose texts are there. */
  readonly marginsOf?: MarginsOfTexts
}

/** Pairs with their rewards, as some files had them. */
export interface RewardFile {
  /** As messages call it. */
  readonly name: string
  readonly sha256: string
  readonly table: RewardTable
  /** Rows that were left out. */
  readonly skipped: number
  /** The first id that an earlier pair has, too; undefined where all differ. */
  readonly repeatedId: string | undefined
}

/** Rows between two progress events. */
const rowsBetweenEvents = 100_000

/**
 * Reads pairs and their rewards from a file, a folder of parts, a pattern, or `-`: RewardKit's rewards.jsonl, results of
 * RewardBench, or two columns of any table. They go into columns row by row, so that a million need little memory.
 * @throws InputError with file and line
 */
export async function readRewards(name: string, options: RewardFileOptions, hooks: Hooks): Promise<RewardFile> {
  const source = await openSource(name, evaluationSplits, hooks)
  const reading = createReading(options)
  const mapped = options.columns && columnMapper(options.columns, rewardColumnNames)
  const reader = createRewardReader(options.marginsOf)
  const growing = growTable()
  const ids = new Set<string>()
  const skipped = createSkippedRows()
  let [rows, repeated] = [0, 0]
  let repeatedId: string | undefined
  for (const file of source.files)
    for await (const item of (await rowsByColumns(file)) ?? readRows(file, reading)) {
      if (++rows % rowsBetweenEvents === 0) {
        if (hooks.shouldStop()) throw new Interrupted('stopped on request')
        const progress = { label: `reading ${source.name}`, done: rows, total: Infinity, unit: 'rows' }
        hooks.onEvent({ kind: 'progress', ...progress })
      }
      try {
        for (const pair of pairsOf(item, source, file, { mapped, reader })) {
          const isRepeated = ids.has(pair.id)
          if (isRepeated) repeated += 1
          if (isRepeated) repeatedId ??= pair.id
          const id = isRepeated ? `${pair.id}@${item.unit}-${item.number}` : pair.id
          ids.add(id)
          growing.add(isRepeated ? { ...pair, id } : pair)
        }
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        const problem = located(`${file.name}, ${item.unit} ${item.number}`, error)
        if (error instanceof NoRewards && growing.table().pairs === 0) throw problem
        if (error.about?.kind === 'missing-column' && growing.table().pairs === 0) throw withOtherColumns(problem)
        if (options.onError !== 'skip') throw withSkipping(problem)
        countSkipped(skipped, problem)
      }
    }
  for (const note of reading.notes.list()) hooks.onEvent(note)
  reportSkipped(source.name, skipped, hooks)
  reportPairs(source.name, reader, repeated, hooks)
  const table = growing.table()
  if (table.pairs === 0) throw new InputError(`${source.name}: found no pair with rewards, expected at least one`)
  return { name: source.name, sha256: await sha256Files(source.files), table, skipped: skipped.count, repeatedId }
}

function pairsOf(
  item: SourceRow | BadRow,
  { files }: Source,
  { name, idName, subset }: SourceFile,
  { mapped, reader }: { mapped: ((row: SourceRow['row']) => SourceRow['row']) | undefined; reader: RewardReader },
) {
  if ('error' in item) throw new InputError(item.error, { remedy: item.remedy })
  const place = `${item.unit}-${item.number}`
  const defaultId = files.length === 1 ? place : `${idName ?? name}:${place}`
  const pairs = reader.read(mapped ? mapped(item.row) : item.row, defaultId)
  return subset === undefined ? pairs : pairs.map((pair) => (pair.subset === null ? { ...pair, subset } : pair))
}

function withOtherColumns(problem: InputError): InputError {
  return new InputError(problem.phrases.problem, {
    remedy:
      problem.phrases.remedy ??
      phrase`${option('columns')} counts for every file: name columns that it has, or evaluate this file alone and give the folder`,
    cause: problem,
  })
}

function withSkipping(problem: InputError): InputError {
  return new InputError(problem.phrases.problem, {
    remedy: problem.phrases.remedy ?? phrase`${settings({ onError: 'skip' })} leaves such rows out`,
    cause: problem,
  })
}

function reportPairs(name: string, { notes }: RewardReader, repeated: number, hooks: Hooks): void {
  if (repeated > 0)
    hooks.onEvent(
      warning(
        `${name}: ${counted(repeated, 'pair')} with the id of an earlier pair; "@line-N" was appended, and all of them count`,
      ),
    )
  if (notes.withoutPrompt > 0)
    hooks.onEvent(
      warning(
        phrase`${name}: nothing says which rows have the same prompt, so ${counted(notes.withoutPrompt, 'row')} count as prompts of their own; name a column of prompts: ${option('columns')} prompt_id=COLUMN`,
      ),
    )
  if (notes.unreadableTexts > 0)
    hooks.onEvent(warning(`${name}: the texts of ${counted(notes.unreadableTexts, 'pair')} cannot be read`))
}

/** The folder of an evaluation, where this is one or a run that has one. */
export function evaluationFolder(path: string): string | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined
  return [path, join(path, 'evaluation')].find((folder) => existsSync(join(folder, 'rewards.jsonl')))
}
