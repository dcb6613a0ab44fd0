import { snakeCase } from '../option-schemas.ts'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { cpuCapability, threads } from '@rewardkit/torch'
import { locateNative } from '@rewardkit/torch/setup'
import { stringify } from 'yaml'
import { z } from 'zod'
import { isSpooled } from '../data/index.ts'
import { InputError } from '../errors.ts'
import { writeFileAtomic } from '../files.ts'
import { ownCard } from '../cards/write-card.ts'
import { cardFile } from '../models/model-hash.ts'
import { isLockFile, makeFolder, restoreFolder } from '../folders.ts'
import { option, phrase, settings } from '../phrase.ts'
import { version } from '../version.ts'
import { lastCheckpoint, restoreCheckpoints } from './checkpoint.ts'

/** What a run writes, besides checkpoints that come and go. */
const contents = [
  'config.yaml',
  'data.json',
  'environment.json',
  'metrics.jsonl',
  'checkpoints',
  'model',
  'evaluation',
  'test-evaluation',
  'report.html',
]

/**
 * Checks that a run may be written into a folder: it is missing, empty, to be replaced (`overwrite`), or has a
 * checkpoint to resume from (`resume`). Removes only what a kill left over, so that a mistake in other options costs
 * nothing.
 * @throws InputError that says what to do
 */
export function checkRunFolder(folder: string, { resume, overwrite }: { resume: boolean; overwrite: boolean }): void {
  restoreCheckpoints(folder)
  if (resume && lastCheckpoint(folder)) return
  const present = statSync(folder, { throwIfNoEntry: false })
  if (present && !present.isDirectory())
    throw new InputError(phrase`${option('out')} ${folder} is a file`, { remedy: 'name a folder' })
  const names = present ? readdirSync(folder).filter((name) => !isLockFile(name)) : []
  if (overwrite) return checkReplaceable(folder, names)
  if (resume && present && (isBegun(folder) || hasRowsAlone(names))) return
  const isFree = names.every(isSpooled) || isUnbegun(folder)
  if (resume)
    throw new InputError(phrase`${option('resume')}: ${folder} has no checkpoint to resume from`, {
      remedy: isFree
        ? phrase`leave out ${option('resume')} to start a new run`
        : phrase`give ${settings({ overwrite: true })} instead to start a new run`,
    })
  if (isFree) return
  const resumable = lastCheckpoint(folder)
    ? phrase`, or ${settings({ resume: true })} to continue after its last checkpoint`
    : ''
  throw new InputError(phrase`${option('out')} ${folder} is not empty`, {
    remedy: phrase`name another folder, or give ${settings({ overwrite: true })} to replace the run in it${resumable}`,
  })
}

/** A run that was killed before its first checkpoint: resuming it begins anew. */
const isBegun = (folder: string): boolean =>
  existsSync(join(folder, 'config.yaml')) && !existsSync(join(folder, 'model'))

/** A run that was killed, or refused, while or after its rows were spooled: the same. */
const hasRowsAlone = (names: readonly string[]): boolean => names.length > 0 && names.every(isSpooled)

/** A folder that holds something else than a run is not ours to empty. */
function checkReplaceable(folder: string, names: readonly string[]): void {
  const ours = names.find((name) => contents.includes(name))
  if (ours !== undefined && !names.includes('metrics.jsonl'))
    throw new InputError(
      phrase`${option('overwrite')}: ${folder} has ${ours} but no metrics.jsonl, so it is not a run`,
      {
        remedy: 'name another folder',
      },
    )
  const model = join(folder, 'model')
  if (ownCard(model) !== null)
    throw new InputError(phrase`${option('overwrite')}: ${join(model, cardFile)} is your own and would be removed`, {
      remedy: 'move it away, or name another folder',
    })
}

/** Whether a folder holds a run that was stopped before its first step ended: nothing would be lost with it. */
function isUnbegun(folder: string): boolean {
  const metrics = statSync(join(folder, 'metrics.jsonl'), { throwIfNoEntry: false })
  return metrics?.size === 0 && !existsSync(join(folder, 'model')) && !lastCheckpoint(folder)
}

/**
 * Creates the folder of a new run, emptied of an earlier one. Files that do not belong to a run are never touched.
 * @param data the files that the new run reads: spooled rows in its folder stay
 * @throws InputError where it cannot be written
 */
export function openRunFolder(folder: string, data: readonly string[]): void {
  makeFolder(folder)
  try {
    restoreFolder(join(folder, 'model'))
    for (const name of contents) rmSync(join(folder, name), { recursive: true, force: true })
    const kept = new Set(data.map((path) => resolve(path)))
    for (const name of readdirSync(folder).filter(isSpooled))
      if (!kept.has(resolve(folder, name))) rmSync(join(folder, name))
    mkdirSync(join(folder, 'checkpoints'))
    writeFileAtomic(join(folder, 'metrics.jsonl'), '')
  } catch (error) {
    if (error instanceof InputError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(phrase`${option('out')} ${folder} cannot be written: ${reason}`, {
      remedy: 'name another folder',
      cause: error,
    })
  }
}

/** Options that say how a command begins, not what the run is. */
const ofOneStart = new Set(['resume', 'allowDifferentBits', 'overwrite', 'takeOver'])

/** Writes the resolved configuration: `rewardkit train --config config.yaml --out NEW` repeats the run. */
export function writeConfig(folder: string, config: Readonly<Record<string, unknown>>): void {
  const lasting = Object.entries(config).filter(([name]) => !ofOneStart.has(name))
  const entries = lasting.map(([name, value]) => [snakeCase(name), value ?? null])
  writeFileAtomic(join(folder, 'config.yaml'), stringify({ schema_version: 1, ...Object.fromEntries(entries) }))
}

/** Versions, processor and memory: what else decides bits and speed. */
export function environment(): Record<string, string | number> {
  return {
    schema_version: 1,
    rewardkit: version,
    node: process.versions.node,
    libtorch: locateNative().torchVersion,
    system: `${process.platform} ${process.arch} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    processors: cpus().length,
    vector_instructions: cpuCapability(),
    threads: threads(),
    memory_bytes: totalmem(),
  }
}

export function writeEnvironment(folder: string, facts: Readonly<Record<string, unknown>>): void {
  writeFileAtomic(join(folder, 'environment.json'), `${JSON.stringify(facts, null, 2)}\n`)
}

/**
 * Cuts metrics.jsonl to what had been logged when `step` had ended. An evaluation at that step is made again: it may have
 * been interrupted.
 */
export function cutMetrics(folder: string, step: number): void {
  const path = join(folder, 'metrics.jsonl')
  if (!existsSync(path)) return
  const lines = readFileSync(path, 'utf8').split('\n')
  const kept = lines.filter((line) => line !== '' && isBefore(line, step))
  writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''))
}

const metricsLine = z.looseObject({ kind: z.string(), step: z.number() })

/** Whether a line was logged by the end of a step. A line cut off by a crash does not count. */
function isBefore(line: string, end: number): boolean {
  try {
    const { kind, step } = metricsLine.parse(JSON.parse(line))
    return kind === 'step' ? step <= end : step < end
  } catch {
    return false
  }
}
