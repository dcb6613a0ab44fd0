import { type Group, readPreferences, resolveMargins, splitByPrompt } from '../data/index.ts'
import { InputError } from '../errors.ts'
import { addCounts, type EvaluationData } from '../evaluate/run.ts'
import type { Hooks } from '../events.ts'
import type { Objective } from '../objectives/index.ts'
import {
  countPreferences,
  describeTokens,
  type EncodedGroup,
  encodePreferences,
  type Tokenizer,
} from '../tokens/index.ts'
import type { TrainOptions } from './options.ts'

/** What a run trains and evaluates on. */
export interface TrainingData {
  readonly groups: readonly EncodedGroup[]
  /** SHA-256 of the file. */
  readonly sha256: string
  readonly evaluation: EvaluationData | null
}

/**
 * Reads, splits and encodes the data of a run, and says what was read, dropped and truncated, and how the model reads
 * the first pair.
 * @throws InputError for what is wrong with the files, and where nothing is left to train on
 */
export async function loadTrainingData(
  options: TrainOptions,
  objective: Objective,
  tokenizer: Tokenizer,
  hooks: Hooks,
): Promise<TrainingData> {
  const log = (message: string) => hooks.onEvent({ kind: 'log', message })
  const preferences = await readPreferences(options.data, options.limit === undefined ? {} : { limit: options.limit })
  const { train, evaluation } = await heldOut(options, preferences)
  const { groups, dropped } = objective.needsMargin
    ? resolveMargins(train, { missingMargin: options.missingMargin })
    : { groups: train, dropped: 0 }
  if (objective.needsProbability) requireProbabilities(groups, options)

  const encoded = await encodePreferences(groups, tokenizer, options)
  const left = addCounts(preferences.dropped, encoded.dropped, { missing_margin: dropped })
  const pairs = countPreferences(encoded.groups)
  log(`${options.data}: ${preferences.read} pairs read, ${pairs} to train on${counts(left, 'dropped')}`)
  if (encoded.truncated > 0)
    log(`${encoded.truncated} pairs were cut to ${options.maxLength} tokens (${options.truncation})`)
  if (pairs === 0) throw new InputError(`${options.data}: no pair is left to train on${counts(left, 'dropped')}`)
  await describeFirstPair(encoded.groups, tokenizer, log)
  return {
    groups: encoded.groups,
    sha256: preferences.sha256,
    evaluation: evaluation && (await encodeEvaluation(evaluation, options, tokenizer, log)),
  }
}

function requireProbabilities(groups: readonly Group[], { data, objective }: TrainOptions): void {
  const all = groups.flatMap((group) => group.preferences)
  const missing = all.filter((preference) => preference.probability === undefined).length
  if (missing > 0)
    throw new InputError(
      `${data}: ${missing} of ${all.length} pairs have no "probability", which ${objective} needs: add it (0.5 is a tie), or choose another objective`,
    )
}

type Read = Awaited<ReturnType<typeof readPreferences>>

/** The groups to train on and, from a file of their own or split off by prompt, those to evaluate on. */
async function heldOut(
  options: TrainOptions,
  preferences: Read,
): Promise<{ train: readonly Group[]; evaluation: (Read & { path: string }) | null }> {
  if (options.evalData !== undefined)
    return {
      train: preferences.groups,
      evaluation: { ...(await readPreferences(options.evalData)), path: options.evalData },
    }
  if (options.evalFraction === undefined || options.evalFraction === 0)
    return { train: preferences.groups, evaluation: null }
  const { train, evaluation } = splitByPrompt(preferences.groups, options.evalFraction, options.seed)
  const read = evaluation.reduce((sum, group) => sum + group.preferences.length, 0)
  return {
    train,
    evaluation: { groups: evaluation, read, dropped: {}, sha256: preferences.sha256, path: options.data },
  }
}

async function encodeEvaluation(
  preferences: Read & { path: string },
  options: TrainOptions,
  tokenizer: Tokenizer,
  log: (message: string) => void,
): Promise<EvaluationData> {
  const encoded = await encodePreferences(preferences.groups, tokenizer, options)
  const dropped = addCounts(preferences.dropped, encoded.dropped)
  const pairs = countPreferences(encoded.groups)
  log(`${preferences.path}: ${preferences.read} pairs held out, ${pairs} to evaluate on${counts(dropped, 'dropped')}`)
  if (pairs === 0)
    throw new InputError(`${preferences.path}: no pair is left to evaluate on${counts(dropped, 'dropped')}`)
  return {
    path: preferences.path,
    sha256: preferences.sha256,
    texts: preferences.groups,
    groups: encoded.groups,
    read: preferences.read,
    dropped,
    truncated: encoded.truncated,
  }
}

/** Prints the first pair once as the model reads it: shared beginning, chosen and rejected ending. */
async function describeFirstPair(
  groups: readonly EncodedGroup[],
  tokenizer: Tokenizer,
  log: (message: string) => void,
): Promise<void> {
  const first = groups[0]
  const preference = first?.preferences[0]
  if (!first || !preference) return
  const { prefix, branches, branchOf } = first.tokens
  const branch = (response: number) => branches[branchOf[response] ?? 0] ?? new Int32Array()
  const shown = async (ids: Int32Array) => JSON.stringify(await describeTokens(ids, tokenizer))
  log(
    [
      `the first pair (${first.id}) as the model reads it:`,
      `  both begin (${prefix.length} tokens): ${await shown(prefix)}`,
      `  chosen ends (${branch(preference.chosen).length} tokens): ${await shown(branch(preference.chosen))}`,
      `  rejected ends (${branch(preference.rejected).length} tokens): ${await shown(branch(preference.rejected))}`,
    ].join('\n'),
  )
}

/** `, 3 dropped (2 identical, 1 too_long)`, or nothing. */
function counts(byReason: Readonly<Record<string, number>>, word: string): string {
  const present = Object.entries(byReason).filter(([, count]) => count > 0)
  const total = present.reduce((sum, [, count]) => sum + count, 0)
  return total === 0 ? '' : `, ${total} ${word} (${present.map(([reason, count]) => `${count} ${reason}`).join(', ')})`
}
