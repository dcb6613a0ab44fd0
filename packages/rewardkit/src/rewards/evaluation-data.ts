import {
  type DataOptions,
  missingPromptMessage,
  type PlacedGroup,
  type Survey,
  surveyedGroups,
  reportSkipped,
  turnedMessage,
  unreadMessage,
  withoutTies,
} from '../data/index.ts'
import { counted } from '../counted.ts'
import { InputError, Interrupted } from '../errors.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import { phrase } from '../phrase.ts'
import {
  createEncodedSet,
  type CutCounts,
  type EncodedSet,
  encodeInto,
  type EncodeOptions,
  type Spool,
  type SpooledGroups,
  reportCuts,
  type Tokenizer,
  type TruncationRule,
} from '../tokens/index.ts'

/** Preferences ready to be evaluated: the ids with their texts, and what was left out on the way. */
export interface EvaluationData {
  readonly path: string
  readonly name: string
  readonly sha256: string
  readonly groups: SpooledGroups
  /** Number of preferences in the groups. */
  readonly pairs: number
  readonly read: number
  readonly dropped: Readonly<Record<string, number>>
  readonly truncated: number
  readonly cut: CutCounts
}

/** Encodes a surveyed file for an evaluation, and says what was cut. Throws InputError where no pair is left. */
export async function encodeEvaluation(
  survey: Survey,
  tokenizer: Tokenizer,
  reading: EncodeOptions & Pick<DataOptions, 'onError'> & { readonly trainedBy?: TruncationRule },
  spool: Spool,
  hooks: Hooks,
): Promise<EvaluationData> {
  const set = createEncodedSet(spool.begin(), { withTexts: true })
  async function* items() {
    for await (const placed of watchedGroups(survey, hooks)) {
      const group = withoutTies(placed.group)
      set.drop('tie', placed.group.preferences.length - group.preferences.length)
      if (group.preferences.length > 0) yield { ...placed, group, set }
    }
  }
  const strange = await encodeInto(items(), tokenizer, reading, reading.onError)
  strange.report(survey.name, hooks)
  reportSkipped(survey.name, set.skipped, hooks)
  reportCuts(set, { ...reading, name: survey.name, dropped: set.dropped }, hooks)
  return evaluationData(survey, set)
}

/** The evaluation data of an encoded set of held-out groups. Throws InputError if no pair is left. */
export function evaluationData(
  { path, name, sha256, read, dropped }: Pick<Survey, 'path' | 'name' | 'sha256' | 'read' | 'dropped'>,
  set: EncodedSet,
): EvaluationData {
  const all = addCounts(dropped, set.dropped)
  if (set.preferences === 0) throw new InputError(`${name}: no pair is left to evaluate on${droppedText(all)}`)
  const { groups, preferences: pairs, truncated, cut } = set
  return { path, name, sha256, groups, pairs, read, dropped: all, truncated, cut }
}

/** Groups between two progress events while a file is turned into tokens. */
const groupsBetweenEvents = 5000

/** The groups of a survey. Reports how rows were read, and progress if there are many. Stops on request. */
export async function* watchedGroups(survey: Survey, hooks: Hooks): AsyncGenerator<PlacedGroup> {
  reportReading(survey, hooks)
  let done = 0
  for await (const placed of surveyedGroups(survey)) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    yield placed
    done += 1
    if (done % groupsBetweenEvents === 0)
      hooks.onEvent({ kind: 'progress', label: `reading ${survey.name}`, done, total: survey.kept, unit: 'rows' })
  }
}

/** Says which layouts were recognised, what was not read, and what was skipped. */
function reportReading(survey: Survey, hooks: Hooks): void {
  const { name, layouts, unread } = survey
  const unreadColumns = unreadMessage(unread)
  const turned = turnedMessage(survey.turned)
  const missingPrompt = missingPromptMessage(unread)
  hooks.onEvent(logLine(`${name}: read as ${layouts.join(' and ')}`))
  const parts = Object.entries(survey.parts).map(([part, pairs]) => `${counted(pairs, 'pair')} of ${part}`)
  if (parts.length > 0) hooks.onEvent(logLine(`${name}: ${parts.join(', ')}`))
  for (const one of survey.notices) hooks.onEvent(one)
  if (unreadColumns !== undefined) hooks.onEvent(logLine(`${name}: ${unreadColumns}`))
  if (turned !== undefined) hooks.onEvent(logLine(`${name}: ${turned}`))
  if (missingPrompt !== undefined) hooks.onEvent(warning(phrase`${name}: ${missingPrompt}`))
  reportSkipped(name, survey.skipped, hooks)
}

export function addCounts(...counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const one of counts) for (const [name, count] of Object.entries(one)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

/** `, 3 dropped (2 identical_tokens, 1 too_long)`, or nothing. */
export function droppedText(byReason: Readonly<Record<string, number>>): string {
  const present = Object.entries(byReason).filter(([, count]) => count > 0)
  const total = present.reduce((sum, [, count]) => sum + count, 0)
  return total === 0 ? '' : `, ${total} dropped (${present.map(([reason, count]) => `${count} ${reason}`).join(', ')})`
}
