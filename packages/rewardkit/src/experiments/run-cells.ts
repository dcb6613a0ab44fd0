import { existsSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { counted } from '../counted.ts'
import type { SplitOptions } from '../data/index.ts'
import { Interrupted, InputError, located, RewardKitError } from '../errors.ts'
import { type Event, type Hooks, logLine } from '../events.ts'
import { makeFolder } from '../folders.ts'
import { asPhrase, option, type Phrase, phrase, settings } from '../phrase.ts'
import type { TrainOptions } from '../train/train-options.ts'
import { type CellRecord, checkSame, fingerprintOf, readCellRecord, writeCellRecord } from './cell-record.ts'
import { type Cell, cellText, gridOf, ofShard, trainOptionsOf } from './cells.ts'
import type { Experiment } from './experiment-types.ts'
import type { ExperimentOptions } from './experiment-options.ts'
import { parseShard } from './experiment-options.ts'
import { createContents, prepareSources } from './sources.ts'
import { timeLeft } from './time-left.ts'

/** The work of cells, which is done elsewhere: a program and the command line start compute threads in their own ways. */
export interface CellJobs {
  train(options: TrainOptions, onEvent: (event: Event) => void): Promise<{ readonly steps: number }>
  split(options: SplitOptions, onEvent: (event: Event) => void): Promise<unknown>
}

/** A cell that could not be finished. */
export interface FailedCell {
  /** `tiny, noise-10, adaptive-margin, rate 1e-3, seed 0`. */
  readonly cell: string
  readonly problem: string
}

/** What became of the cells of one shard. */
export interface ShardResult {
  /** Finished now, and before. */
  readonly finished: number
  readonly skipped: number
  readonly failed: readonly FailedCell[]
}

/** A cell with all that its run needs. */
interface ReadyCell {
  readonly cell: Cell
  readonly options: TrainOptions
  readonly fingerprint: Readonly<Record<string, string>>
  readonly record: CellRecord | null
}

/**
 * Runs the cells of a shard one after another. A cell that has finished is left alone, and one that was begun goes on
 * where it stopped. A cell that fails is reported, and the others go on.
 * @throws InputError before anything is computed, for faults of the file and for folders that hold other runs;
 * Interrupted on request
 */
export async function runCells(
  experiment: Experiment,
  options: Pick<ExperimentOptions, 'out' | 'resume' | 'shard'>,
  jobs: CellJobs,
  hooks: Hooks,
): Promise<ShardResult> {
  const { out, resume } = options
  const cells = ofShard(gridOf(experiment), parseShard(options.shard))
  const held = cells.filter((cell) => readCellRecord(join(out, cell.folder)) !== null)
  if (held.length > 0 && !resume)
    throw new InputError(
      phrase`${option('out')} ${out} holds ${counted(held.length, 'cell')} of this experiment already`,
      { remedy: phrase`give ${settings({ resume: true })} to continue, or name another folder` },
    )
  makeFolder(out)
  const ready = await prepareCells(experiment, cells, out, jobs, hooks)
  const done = ready.filter(({ record }) => record?.state === 'finished')
  const todo = ready.filter(({ record }) => record?.state !== 'finished')
  for (const { options: ofDone } of done) tidy(experiment, ofDone.out)
  const log = (words: string | Phrase) => hooks.onEvent(logLine(words))
  log(
    `${experiment.path}: ${counted(cells.length, 'cell')}${done.length > 0 ? `, ${done.length} of them finished before` : ''}`,
  )
  const measured = done.map(({ cell, record }) => ({ cell, seconds: record?.seconds ?? 0 }))
  const failed: FailedCell[] = []
  const quiet = createCellEvents(hooks)
  for (const [index, one] of todo.entries()) {
    if (hooks.shouldStop()) throw stopped(index, todo.length)
    const { cell } = one
    const position = `cell ${done.length + index + 1} of ${cells.length} (${cellText(cell)})`
    log(`${position}: ${one.record === null ? 'training' : 'going on'}`)
    const start = performance.now()
    const past = one.record?.seconds ?? 0
    const record = (state: CellRecord['state'], more: { error?: string; steps?: number } = {}) =>
      writeCellRecord(one.options.out, cell, {
        state,
        ...more,
        seconds: past + (performance.now() - start) / 1000,
        fingerprint: one.fingerprint,
      })
    record('begun')
    try {
      const goesOn = existsSync(join(one.options.out, 'config.yaml'))
      const { steps } = await jobs.train({ ...one.options, resume: goesOn }, quiet)
      record('finished', { steps })
      tidy(experiment, one.options.out)
      measured.push({ cell, seconds: past + (performance.now() - start) / 1000 })
    } catch (error) {
      record(
        error instanceof Interrupted ? 'begun' : 'failed',
        error instanceof Interrupted ? {} : { error: problemOf(error) },
      )
      if (isStop(error)) throw stopped(index, todo.length, position, error)
      failed.push({ cell: cellText(cell), problem: problemOf(error) })
      log(
        phrase`${position} failed: ${error instanceof RewardKitError ? error.phrases.problem : asPhrase(problemOf(error))}`,
      )
    }
    const left = todo.slice(index + 1).map((other) => other.cell)
    const secondsLeft = timeLeft(measured, left)
    hooks.onEvent({
      kind: 'progress',
      label: 'experiment',
      done: cells.length - left.length,
      total: cells.length,
      unit: 'cells',
      ...(secondsLeft !== null && { secondsLeft }),
    })
  }
  return { finished: todo.length - failed.length, skipped: done.length, failed }
}

/** Options, files and earlier records of all cells: what is wrong with them ends everything before the first one runs. */
async function prepareCells(
  experiment: Experiment,
  cells: readonly Cell[],
  out: string,
  jobs: CellJobs,
  hooks: Hooks,
): Promise<ReadyCell[]> {
  const contentOf = createContents()
  const tools = {
    out,
    contentOf,
    split: (options: SplitOptions) => jobs.split(options, (event) => hooks.onEvent(event)),
  }
  const ready: ReadyCell[] = []
  for (const cell of cells) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    const sources = await prepareSources(experiment, cell, tools)
    const options = trainOptionsOf(experiment, cell, sources, out)
    for (const path of [options.model, options.data, options.evalData, options.testData])
      if (path !== undefined && isAbsolute(path) && !existsSync(path))
        throw located(experiment.path, new InputError(`${cellText(cell)}: ${path}: no such file or folder`))
    const fingerprint = await fingerprintOf(options, contentOf)
    const record = readCellRecord(options.out)
    if (record) checkSame(options.out, record, fingerprint)
    ready.push({ cell, options, fingerprint, record })
  }
  return ready
}

/** Removes what an experiment that keeps no models has no more use for. */
function tidy({ keepModels }: Experiment, run: string): void {
  if (keepModels) return
  for (const name of ['model', 'checkpoints']) rmSync(join(run, name), { recursive: true, force: true })
}

/** Of the events of cells: their steps, and each warning once. What else they tell would fill the screen once a cell. */
function createCellEvents(hooks: Hooks): (event: Event) => void {
  const told = new Set<string>()
  return (event) => {
    if (event.kind === 'log' || event.kind === 'evaluation') return
    if (event.kind === 'progress' && event.label === 'evaluating') return
    if (event.kind === 'warning') {
      if (told.has(event.message)) return
      told.add(event.message)
    }
    hooks.onEvent(event)
  }
}

const isStop = (error: unknown): boolean => error instanceof RewardKitError && error.code === 'interrupted'

function stopped(finished: number, of: number, position?: string, cause?: unknown): Interrupted {
  return new Interrupted(
    `stopped${position === undefined ? '' : ` in ${position}`} after ${finished} of ${counted(of, 'cell')}`,
    {
      remedy: phrase`to go on, run it again with ${settings({ resume: true })}`,
      cause,
    },
  )
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
