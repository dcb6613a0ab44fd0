import { totalmem } from 'node:os'
import { cpuCapability, memoryStatistics } from '@rewardkit/torch'
import { cpuFeatures, locateNative } from '@rewardkit/torch/setup'
import { type ComputeDtype, defaultThreads, resolveDtype } from '../compute-options.ts'
import { resolvedChoices } from '../data/index.ts'
import { InputError } from '../errors.ts'
import { version } from '../version.ts'
import type { CheckpointState } from './checkpoint.ts'
import type { TrainOptions } from './train-options.ts'
import { snakeCase } from '../option-schemas.ts'

/** Options in which every automatic choice that decides about bits has been made: what `config.yaml` holds. */
export type ResolvedOptions = TrainOptions & {
  readonly dtype: ComputeDtype
  readonly threads: number
  readonly warmupSteps: number
}

/** Makes the automatic choices once, for a run of so many steps. */
export function resolveTrainOptions(options: TrainOptions, totalSteps: number): ResolvedOptions {
  const { warmupRatio, ...rest } = options
  return {
    ...rest,
    ...(rest.choices === undefined ? {} : { choices: resolvedChoices(rest.choices) }),
    dtype: resolveDtype(options.dtype),
    threads: options.threads ?? defaultThreads(),
    // Rounded up, as transformers does.
    warmupSteps: options.warmupSteps ?? Math.ceil(totalSteps * (warmupRatio ?? 0)),
  }
}

/** Options that change neither the weights nor the metrics of a run. */
const withoutEffect = new Set([
  'out',
  'resume',
  'allowDifferentBits',
  'overwrite',
  'takeOver',
  'saveEvery',
  'evalData',
  'evalFraction',
  'evalEvery',
  'data',
  'model',
])

/**
 * What may differ in a resumed run that is allowed to have different bits: what it runs on, and its data. All else makes
 * it another run.
 */
const circumstances = new Set([
  'data',
  'libtorch',
  'node',
  'rewardkit',
  'threads',
  'truncation_rule',
  'vector_instructions',
  'processor_features',
])

/**
 * All that must be equal for a resumed run to end with the bits of the uninterrupted one. `hashes` are those of the data,
 * and of the model's configuration and tokenizer; its trained weights lie in the checkpoint, those that stay as they are
 * have a hash, too.
 */
export function fingerprint(
  options: ResolvedOptions,
  hashes: {
    readonly data: string
    readonly model: string
    readonly frozen_weights?: string
    readonly truncation_rule?: string
  },
): Record<string, string> {
  const settings = Object.entries(options).filter(([name]) => !withoutEffect.has(name))
  return {
    ...hashes,
    eval_fraction: String(options.evalFraction ?? 0),
    libtorch: locateNative().torchVersion,
    vector_instructions: cpuCapability(),
    processor_features: cpuFeatures().join(' '),
    // Objective and schedule use V8's exp, log and cos, whose last bits have changed between its versions; those of a
    // major version of Node share one. Any version of ours may compute in another order.
    node: process.versions.node.split('.')[0] ?? '',
    rewardkit: version,
    ...Object.fromEntries(settings.map(([name, value]) => [snakeCase(name), JSON.stringify(value) ?? 'null'])),
  }
}

/**
 * What of the fingerprint is known before model and data are read; warm-up may be a share of the steps that data make, and
 * whether the template asks for a date is not known.
 */
export function earlyFingerprint(given: TrainOptions, model: string): Record<string, string> {
  const unknown = ['data', 'model', 'template_date', ...(given.warmupRatio === undefined ? [] : ['warmup_steps'])]
  const all = fingerprint(resolveTrainOptions({ ...given, model }, 0), { data: '', model: '' })
  return Object.fromEntries(Object.entries(all).filter(([name]) => !unknown.includes(name)))
}

/**
 * Compares a run with the one that a checkpoint belongs to.
 * @param names what is compared: all, unless the rest is not known yet
 * @returns what differs and gives other bits, where that is allowed; empty where nothing differs
 * @throws InputError that names what differs otherwise
 */
export function checkFingerprint(
  checkpoint: { readonly folder: string; readonly state: CheckpointState },
  identity: Readonly<Record<string, string>>,
  { allowDifferentBits }: { readonly allowDifferentBits: boolean },
  names: readonly string[] = [...new Set([...Object.keys(identity), ...Object.keys(checkpoint.state.fingerprint)])],
): string {
  const saved = sinceFilledIn(checkpoint.state.fingerprint, identity)
  const changed = names.filter((name) => identity[name] !== saved[name])
  const list = changed.map((name) => `${name} was ${saved[name] ?? 'unknown'}, is ${identity[name] ?? 'unknown'}`)
  const differences = list.join('; ')
  const isSameRun = changed.every((name) => circumstances.has(name))
  if (changed.length === 0 || (isSameRun && allowDifferentBits)) return differences
  throw isSameRun
    ? new InputError(`--resume: ${checkpoint.folder} was written under other circumstances (${differences})`, {
        remedy: 'restore them, or give --allow-different-bits',
      })
    : new InputError(`--resume: ${checkpoint.folder} belongs to another run (${differences})`, {
        remedy: 'give the same options, or start anew with --overwrite',
      })
}

/** A fingerprint with what runs of earlier versions did not say: truncation rule 1, and later options at their defaults. */
function sinceFilledIn(
  saved: Readonly<Record<string, string>>,
  identity: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const since = { truncation_rule: '1', encoding: '"utf-8"', last_turn_user: '"keep"' }
  const { ties, ...others } = saved
  // What "drop" said before is what absent ties say now.
  const isEarlier = !('last_turn_user' in saved) && ties === '"drop"'
  const missing = Object.entries(since).filter(([name]) => name in identity)
  return { ...Object.fromEntries(missing), ...(isEarlier ? others : saved) }
}

/**
 * Decides while a step runs whether the graph of one more micro-batch may wait in memory for its backward pass: as long
 * as all tensors together, with a graph as large for each token as the largest so far, stay under three tenths of the
 * machine's memory, and under four fifths of what is free for us now. The first micro-batch tells how large graphs are.
 */
export function graphKeeper(): (tokens: number) => boolean {
  let bytesPerToken = 0
  let last: { bytes: number; tokens: number } | null = null
  return (tokens) => {
    const statistics = memoryStatistics()
    const { bytes } = statistics
    if (last) bytesPerToken = Math.max(bytesPerToken, (bytes - last.bytes) / last.tokens)
    const keep = last === null || bytes + 2 * bytesPerToken * tokens < graphMemory(statistics)
    last = { bytes, tokens }
    return keep
  }
}

/** The bytes that all tensors together may take while graphs are kept. */
export function graphMemory({ bytes, cachedBytes }: { readonly bytes: number; readonly cachedBytes: number }): number {
  const most = 0.3 * Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return Math.min(most, 0.8 * (process.availableMemory() + bytes + cachedBytes))
}
