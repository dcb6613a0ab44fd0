import { cpuCapability } from '@rewardkit/torch'
import { cpuFeatures, locateNative } from '@rewardkit/torch/setup'
import { InputError } from '../errors.ts'
import { option, phrase, settings } from '../phrase.ts'
import { snakeCase } from '../option-schemas.ts'
import { version } from '../version.ts'
import type { CheckpointState } from './checkpoint.ts'
import { type ResolvedOptions, resolveTrainOptions } from './resolved-options.ts'
import type { TrainOptions } from './train-options.ts'

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
  'testData',
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
 * All that must be equal for a resumed run to end with the bits of the uninterrupted one. `hashes` are those of the
 * data, and of the model's configuration and tokenizer. The checkpoint holds the trained weights; frozen weights have a
 * hash, too.
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
  const lasting = Object.entries(options).filter(([name]) => !withoutEffect.has(name))
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
    ...Object.fromEntries(lasting.map(([name, value]) => [snakeCase(name), JSON.stringify(value) ?? 'null'])),
  }
}

/**
 * The part of the fingerprint that is known before model and data are read. Warm-up may be a share of the steps, which
 * the data decide. The longest sequence may be the positions of the model. Whether the template asks for a date is not
 * known yet.
 */
export function earlyFingerprint(given: TrainOptions, model: string): Record<string, string> {
  const unknown = [
    'data',
    'model',
    'template_date',
    ...(given.warmupRatio === undefined ? [] : ['warmup_steps']),
    ...(given.maxLength === undefined ? ['max_length'] : []),
  ]
  const all = fingerprint(resolveTrainOptions({ ...given, model, maxLength: given.maxLength ?? 0 }, 0), {
    data: '',
    model: '',
  })
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
    ? new InputError(
        phrase`${option('resume')}: ${checkpoint.folder} was written under different conditions (${differences})`,
        {
          remedy: phrase`restore them, or give ${settings({ allowDifferentBits: true })}`,
        },
      )
    : new InputError(phrase`${option('resume')}: ${checkpoint.folder} belongs to another run (${differences})`, {
        remedy: phrase`give the same options, or start again with ${settings({ overwrite: true })}`,
      })
}

/** A fingerprint with what runs of earlier versions did not say: truncation rule 1, and later options at their defaults. */
function sinceFilledIn(
  saved: Readonly<Record<string, string>>,
  identity: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const since = { truncation_rule: '1', encoding: '"utf-8"', last_turn_user: '"keep"', margin_on: '"below-mean"' }
  const { ties, ...others } = saved
  // What "drop" said before is what absent ties say now.
  const isEarlier = !('last_turn_user' in saved) && ties === '"drop"'
  const missing = Object.entries(since).filter(([name]) => name in identity)
  return { ...Object.fromEntries(missing), ...(isEarlier ? others : saved) }
}
