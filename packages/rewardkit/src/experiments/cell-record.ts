import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { writeFileAtomic } from '../files.ts'
import { makeFolder } from '../folders.ts'
import { snakeCase } from '../option-schemas.ts'
import type { TrainOptions } from '../train/train-options.ts'
import type { Cell } from './cells.ts'
import type { ContentOf } from './sources.ts'

const schema = z.object({
  schema_version: z.literal(1),
  cell: z.object({
    model: z.string(),
    data: z.string(),
    arm: z.string(),
    learning_rate: z.number(),
    seed: z.number(),
  }),
  state: z.enum(['begun', 'finished', 'failed']),
  /** What a failed cell said. */
  error: z.string().optional(),
  /** Of its training and evaluations. */
  seconds: z.number().optional(),
  steps: z.number().optional(),
  /** All that decides the run: options, and the content of its files. */
  fingerprint: z.record(z.string(), z.string()),
})

/** What an experiment knows of a run folder: the file beside it, of the same name with `.json`. */
export type CellRecord = z.output<typeof schema>

/** Options that decide neither a bit nor a metric, or that say only how a command begins. */
const withoutEffect = new Set(['out', 'resume', 'allowDifferentBits', 'overwrite', 'takeOver', 'saveEvery'])
/** Options that name files, whose content counts. */
const named = ['model', 'data', 'evalData', 'testData'] as const

/** All that decides a cell's run. Where a file lies does not count: machines may have it in different places. */
export async function fingerprintOf(options: TrainOptions, contentOf: ContentOf): Promise<Record<string, string>> {
  const fingerprint: Record<string, string> = {}
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !withoutEffect.has(name)) fingerprint[snakeCase(name)] = JSON.stringify(value)
  for (const name of named) {
    const path = options[name]
    if (path !== undefined) fingerprint[snakeCase(name)] = await contentOf(path)
  }
  return fingerprint
}

const pathOf = (folder: string): string => `${folder}.json`

/**
 * The record of a run folder, or null where no experiment began it.
 * @throws InputError for a file that is none
 */
export function readCellRecord(folder: string): CellRecord | null {
  const path = pathOf(folder)
  if (!existsSync(path)) return null
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new InputError(`${path} is not the record of a cell`, {
      remedy: `remove ${folder} to run it again`,
      cause: error,
    })
  }
}

/** Writes the record of a cell beside its folder. */
export function writeCellRecord(
  folder: string,
  { model, data, arm, learningRate, seed }: Cell,
  record: Pick<CellRecord, 'state' | 'error' | 'seconds' | 'steps' | 'fingerprint'>,
): void {
  makeFolder(dirname(folder))
  const cell = { model: model.name, data: data.name, arm: arm.name, learning_rate: learningRate, seed }
  writeFileAtomic(pathOf(folder), `${JSON.stringify({ schema_version: 1, cell, ...record }, null, 2)}\n`)
}

/**
 * Checks that what a folder holds is a run of the same options and files.
 * @throws InputError that names what differs
 */
export function checkSame(folder: string, saved: CellRecord, fingerprint: Readonly<Record<string, string>>): void {
  const names = new Set([...Object.keys(saved.fingerprint), ...Object.keys(fingerprint)])
  const changed = [...names].filter((name) => saved.fingerprint[name] !== fingerprint[name])
  if (changed.length === 0) return
  const list = changed.map((name) => {
    const [was, is] = [saved.fingerprint[name] ?? 'not given', fingerprint[name] ?? 'not given']
    return was.startsWith('sha256:') && is.startsWith('sha256:')
      ? `the content of ${name} has changed`
      : `${name} was ${was}, is ${is}`
  })
  throw new InputError(`${folder} holds a run with other options (${list.join('; ')})`, {
    remedy: 'name another folder, or remove this one to run it again',
  })
}
