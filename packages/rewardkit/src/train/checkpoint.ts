import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  type AdamWState,
  noGradient,
  openSafetensors,
  ops,
  scope,
  type Tensor,
  writeSafetensors,
} from '@rewardkit/torch'
import { z } from 'zod'
import { FailureError, InputError } from '../errors.ts'
import { writeFileAtomic } from '../files.ts'
import { replaceFolder, restoreFolder } from '../folders.ts'
import type { NamedParameters } from '../models/index.ts'

const stateSchema = z.object({
  schema_version: z.literal(1),
  /** Finished optimizer steps: the cursor into the plan of the run. */
  step: z.number().int(),
  objective_state: z.object({
    runningMean: z.number().nullable(),
    draws: z.number().optional(),
    custom: z.unknown().optional(),
  }),
  /** All that must be equal for the run to continue with the same bits. */
  fingerprint: z.record(z.string(), z.string()),
})

/** What a checkpoint holds besides the tensors. The order of the data follows from seed and step; nothing else is random. */
export type CheckpointState = z.infer<typeof stateSchema>

const kept = 2

/**
 * Writes `checkpoints/step-N` with the trained float32 parameters, the moments of AdamW and the state, whole or not at
 * all. Older checkpoints than the last two go after that.
 */
export function saveCheckpoint(
  run: string,
  trained: NamedParameters,
  optimizer: AdamWState,
  state: CheckpointState,
): void {
  const folder = join(run, 'checkpoints', `step-${state.step}`)
  replaceFolder(folder, (temporary) => {
    writeSafetensors(join(temporary, 'model.safetensors'), named(trained, trained.parameters))
    writeSafetensors(join(temporary, 'optimizer.safetensors'), optimizerTensors(trained, optimizer))
    writeFileAtomic(join(temporary, 'state.json'), `${JSON.stringify(state, null, 2)}\n`)
  })
  for (const old of checkpoints(run).slice(0, -kept)) rmSync(old.folder, { recursive: true })
}

/** Tidies up after a run that was killed while it saved: a checkpoint that had stepped aside is back, parts are gone. */
export function restoreCheckpoints(run: string): void {
  for (const name of readNames(run)) {
    const folder = /^(step-\d+)\.(tmp|replaced)$/.exec(name)?.[1]
    if (folder) restoreFolder(join(run, 'checkpoints', folder))
  }
}

/** The last complete checkpoint of a run, or null where there is none. Throws InputError for a broken one. */
export function lastCheckpoint(run: string): { folder: string; state: CheckpointState } | null {
  const last = checkpoints(run).at(-1)
  if (!last) return null
  const path = join(last.folder, 'state.json')
  try {
    return { folder: last.folder, state: stateSchema.parse(JSON.parse(readFileSync(path, 'utf8'))) }
  } catch (error) {
    throw new InputError(`${path} is not the state of a checkpoint`, {
      remedy: `remove ${last.folder} to resume from the one before`,
      cause: error,
    })
  }
}

/** Puts a checkpoint's parameters and moments into the trained ones and the optimizer, in place. */
export function loadCheckpoint(folder: string, trained: NamedParameters, optimizer: AdamWState): void {
  restore(join(folder, 'model.safetensors'), named(trained, trained.parameters))
  restore(join(folder, 'optimizer.safetensors'), optimizerTensors(trained, optimizer))
}

function checkpoints(run: string): { step: number; folder: string }[] {
  return readNames(run)
    .flatMap((name) => {
      const step = /^step-(\d+)$/.exec(name)?.[1]
      return step ? [{ step: Number(step), folder: join(run, 'checkpoints', name) }] : []
    })
    .sort((a, b) => a.step - b.step)
}

function readNames(run: string): string[] {
  const root = join(run, 'checkpoints')
  return existsSync(root) ? readdirSync(root) : []
}

function named(trained: NamedParameters, tensors: readonly Tensor[], suffix = ''): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, i) => [`${trained.names[i]}${suffix}`, tensor]))
}

function optimizerTensors(
  trained: NamedParameters,
  { averages, squaredAverages, steps }: AdamWState,
): Record<string, Tensor> {
  return {
    ...named(trained, averages, '.average'),
    ...named(trained, squaredAverages, '.squared_average'),
    ...named(trained, steps, '.step'),
  }
}

function restore(path: string, targets: Readonly<Record<string, Tensor>>): void {
  const file = openSafetensors(path)
  for (const [name, target] of Object.entries(targets))
    scope(() =>
      noGradient(() => {
        const stored = file.get(name)
        if (stored.shape.join() !== target.shape.join())
          throw new FailureError(
            `${basename(path)}: '${name}' is [${stored.shape.join(', ')}], the model's is [${target.shape.join(', ')}]`,
          )
        ops.copy_(target, stored)
      }),
    )
}
