import { createHash } from 'node:crypto'
import { existsSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dtypeSize, noGradient, ops, scope, type Tensor, tensorFromBytes } from '@rewardkit/torch'
import { cacheFolder } from '@rewardkit/torch/setup'
import { at } from '../at.ts'
import type { ComputeDtype } from '../compute-options.ts'
import { createNumbering } from '../data/numbering.ts'
import { FailureError, Interrupted } from '../errors.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import { writeError } from '../files.ts'
import { makeFolder } from '../folders.ts'
import { phrase, settings } from '../phrase.ts'
import { hiddenStates, type RewardNetwork } from '../models/index.ts'
import { countTokens, packGroups, type TokenGroup } from '../tokens/index.ts'
import { describeStates, hashTokens } from './identity.ts'
import { openStore, type RecordStore, type StoreOptions } from './store.ts'

export interface HiddenStatesOptions {
  /** After how many layers; with all of them only the states of the pooled tokens are kept. */
  readonly layers: number
  /** `hashParameters` of the parameters of the embedding and these layers. */
  readonly frozenWeights: string
  readonly dtype: ComputeDtype
  /** With how many threads they are computed. */
  readonly threads: number
  /** The folder of all hidden states; by default in the cache folder of set-up (REWARDKIT_HOME). */
  readonly root?: string
  /** When a segment is full. */
  readonly segments?: Omit<StoreOptions, 'onDamage'>
}

/** The hidden states of a run's groups, kept on the disk for this run and later ones. */
export interface HiddenStates {
  /** How many of the groups were on the disk, and how many `fill` will compute; groups of the same tokens count once. */
  readonly found: number
  readonly missing: number
  /**
   * Computes what is missing and keeps it. What is complete stays, also where it throws.
   * @throws Interrupted on request; FailureError and InputError where the disk cannot be written
   */
  fill(): void
  /**
   * What `hiddenStates` gives for the packed groups, read from the disk: [T, hidden], or [pooled tokens, hidden].
   * @throws FailureError where the file is damaged or cannot be read
   */
  read(groups: readonly TokenGroup[]): Tensor
  close(): void
}

/**
 * Looks up the hidden states of groups by the content of model and tokens, which alone decide about them. Each group is
 * computed on its own. Neither other groups, their order or the micro-batches nor what was already on the disk changes
 * a bit. `groups` is read twice.
 * @throws FailureError if the disk has too little room
 * @throws InputError if the folder cannot be written
 * @throws Interrupted on request
 */
export function openHiddenStates(
  model: RewardNetwork,
  groups: Iterable<TokenGroup>,
  options: HiddenStatesOptions,
  hooks: Hooks,
): HiddenStates {
  const { layers, dtype } = options
  const folder = openFolder(model, options)
  const store = openStore(folder, {
    ...options.segments,
    onDamage: (path) =>
      hooks.onEvent(warning(`${path} was damaged and is removed: its hidden states are computed again`)),
  })
  const rowLength = model.config.hiddenSize * dtypeSize(dtype)
  const lengthOf = (group: TokenGroup): number =>
    rowLength * (layers === model.config.layers ? group.branches.length : countTokens(group))
  const { found, missing } = closingOnError(store, () => {
    const counts = survey(groups, store, lengthOf, hooks)
    checkRoom(folder, counts.missing, counts.missingBytes)
    return counts
  })

  const compute = (group: TokenGroup): Uint8Array =>
    scope(() => noGradient(() => ops.contiguous(hiddenStates(model, packGroups([group]), layers, dtype)).bytes()))
  return {
    found,
    missing,
    fill() {
      let done = 0
      try {
        for (const group of missing > 0 ? groups : []) {
          const key = hashTokens(group)
          if (store.has(key)) continue
          if (hooks.shouldStop()) throw new Interrupted('stopped on request')
          store.add(key, compute(group))
          done += 1
          hooks.onEvent({ kind: 'progress', label: 'hidden states', done, total: missing, unit: 'groups' })
        }
      } finally {
        store.commit()
      }
      hooks.onEvent(
        logLine(
          `hidden states after ${layers} of ${model.config.layers} layers: ${found} groups found in the cache, ${done} computed; ${sizeText(store.bytes)} of ${store.size} groups in ${folder}`,
        ),
      )
    },
    read(wanted) {
      const rows = wanted.map((group) => lengthOf(group))
      const bytes = new Uint8Array(rows.reduce((sum, length) => sum + length, 0))
      let offset = 0
      for (const [i, group] of wanted.entries()) {
        const end = offset + at(rows, i)
        store.read(hashTokens(group), bytes.subarray(offset, end))
        offset = end
      }
      return tensorFromBytes(bytes, dtype, [bytes.length / rowLength, model.config.hiddenSize])
    },
    close: () => store.close(),
  }
}

/** Makes the folder of these states, named after the hash of what decides about them, with a file that says it. */
function openFolder({ config }: RewardNetwork, options: HiddenStatesOptions): string {
  const { frozenWeights, layers, dtype, threads, root = join(cacheFolder(), 'hidden-states') } = options
  const description = describeStates({ config, frozenWeights, layers, dtype, threads })
  const folder = join(root, createHash('sha256').update(JSON.stringify(description)).digest('hex'))
  makeFolder(folder)
  const about = join(folder, 'about.json')
  try {
    writeFileSync(about, `${JSON.stringify(description, null, 2)}\n`, { flag: 'wx' })
  } catch (error) {
    if (!existsSync(about)) throw writeError(about, error)
  }
  return folder
}

function closingOnError<T>(store: RecordStore, work: () => T): T {
  try {
    return work()
  } catch (error) {
    store.close()
    throw error
  }
}

/** How many groups are there, and how many are missing, each once. */
function survey(
  groups: Iterable<TokenGroup>,
  store: RecordStore,
  lengthOf: (group: TokenGroup) => number,
  hooks: Hooks,
): { readonly found: number; readonly missing: number; readonly missingBytes: number } {
  const seen = createNumbering()
  let missing = 0
  let missingBytes = 0
  for (const group of groups) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    const key = hashTokens(group)
    const known = seen.size
    if (seen.numberOf(key.toString('latin1')) < known || store.has(key)) continue
    missing += 1
    missingBytes += lengthOf(group)
  }
  return { found: seen.size - missing, missing, missingBytes }
}

function checkRoom(folder: string, groups: number, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder)
  if (bytes <= bavail * bsize) return
  throw new FailureError(
    `${folder}: the hidden states of ${groups} groups take ${sizeText(bytes)}, ${sizeText(bavail * bsize)} are free`,
    {
      remedy: phrase`free some space, name a folder on a larger disk in REWARDKIT_HOME, or train the head alone (${settings({ train: 'head' })}), which keeps less`,
    },
  )
}

const sizeText = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
