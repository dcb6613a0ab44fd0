import {
  badLinesMessage,
  type Group,
  type Preference,
  readPreferences,
  resolveMargins,
  splitByPrompt,
} from '../data/index.ts'
import { InputError } from '../errors.ts'
import { addCounts, droppedText, type EvaluationData } from '../evaluate/run.ts'
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
  const preferences = await readPreferences(options.data, options)
  const { train, evaluation } = await heldOut(options, preferences)
  const { groups, dropped } = objective.needsMargin
    ? resolveMargins(train, {
        path: options.data,
        missingMargin: options.missingMargin,
        leastMargin: objective.leastMargin,
      })
    : { groups: train, dropped: 0 }
  if (objective.needsProbability) requireProbabilities(groups, options)
  const weighted = countOf(groups, ({ weight }) => weight !== undefined)
  if (weighted > 0 && !objective.usesWeight)
    hooks.onEvent({
      kind: 'warning',
      message: `${options.data}: ${weighted} pairs have a weight, which ${options.objective} does not use: they count as the others`,
    })

  const encoded = await encodePreferences(groups, tokenizer, options)
  const left = addCounts(preferences.dropped, encoded.dropped, { missing_margin: dropped })
  const pairs = countPreferences(encoded.groups)
  if (preferences.firstBadLine !== undefined) hooks.onEvent({ kind: 'warning', message: badLinesMessage(preferences) })
  log(`${options.data}: ${preferences.read} pairs read, ${pairs} to train on${droppedText(left)}`)
  if (encoded.truncated > 0)
    log(`${encoded.truncated} pairs were cut to ${options.maxLength} tokens (${options.truncation})`)
  if (pairs === 0) throw new InputError(`${options.data}: no pair is left to train on${droppedText(left)}`)
  await describeFirstPair(encoded.groups, tokenizer, log)
  return {
    groups: encoded.groups,
    sha256: preferences.sha256,
    evaluation: evaluation && (await encodeEvaluation(evaluation, options, tokenizer, log)),
  }
}

function requireProbabilities(groups: readonly Group[], { data, objective }: TrainOptions): void {
  const missing = countOf(groups, ({ probability }) => probability === undefined)
  if (missing > 0)
    throw new InputError(
      `${data}: ${missing} of ${countOf(groups, () => true)} pairs have no "probability", which ${objective} needs: add it (0.5 is a tie), or choose another objective`,
    )
}

function countOf(groups: readonly Group[], matches: (preference: Preference) => boolean): number {
  return groups.reduce((sum, group) => sum + group.preferences.filter(matches).length, 0)
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
      evaluation: {
        ...(await readPreferences(options.evalData, { badLines: options.badLines })),
        path: options.evalData,
      },
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
  if (preferences.firstBadLine !== undefined) log(badLinesMessage(preferences))
  const encoded = await encodePreferences(preferences.groups, tokenizer, options)
  const dropped = addCounts(preferences.dropped, encoded.dropped)
  const pairs = countPreferences(encoded.groups)
  log(`${preferences.path}: ${preferences.read} pairs held out, ${pairs} to evaluate on${droppedText(dropped)}`)
  if (pairs === 0) throw new InputError(`${preferences.path}: no pair is left to evaluate on${droppedText(dropped)}`)
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
