import { at } from '../at.ts'
import {
  checkMargins,
  createPromptSplit,
  createTally,
  evaluationSplits,
  type Group,
  openData,
  type PromptSplit,
  sourceRecords,
  type SourceRecord,
  type Survey,
  surveyedGroups,
  surveyPreferences,
  type Tally,
  reportSkipped,
  trainingSplits,
  withMargins,
  withoutTies,
} from '../data/index.ts'
import { createWordPairs, type WordPairs } from '../baselines/bag-of-words.ts'
import { counted } from '../counted.ts'
import { createNumbering, type Numbering } from '../data/numbering.ts'
import { userTurnsKey } from '../data/similarity/texts.ts'
import { InputError, Interrupted } from '../errors.ts'
import {
  addCounts,
  droppedText,
  encodeEvaluation,
  type EvaluationData,
  evaluationData,
  watchedGroups,
} from '../rewards/evaluation-data.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import type { Objective } from '../objectives/index.ts'
import { command, phrase } from '../phrase.ts'
import {
  createEncodedSet,
  createReadingTally,
  type CutCounts,
  describeTokens,
  type EncodedGroup,
  type EncodedSet,
  encodeInto,
  type Spool,
  type SpooledGroups,
  type CutReport,
  reportCuts,
  type Tokenizer,
  type TrainedOn,
} from '../tokens/index.ts'
import type { SizedOptions } from './resolved-options.ts'
import type { TrainOptions } from './train-options.ts'

/** What messages call rows that a program gave. */
export interface RowNames {
  readonly dataName?: string | undefined
  readonly evalDataName?: string | undefined
}

/** `data.json` of a run. */
export interface DataRecord {
  readonly schema_version: 1
  readonly training: DataSetRecord
  /** Null where nothing was held out, or a share of the training data was. */
  readonly evaluation: DataSetRecord | null
  /** Of the pairs that are evaluated after training alone; absent where there are none. */
  readonly test?: DataSetRecord
}

/** What was read of one set of data, and where it came from. */
export interface DataSetRecord extends Pick<Survey, 'read' | 'dropped' | 'sha256'> {
  /** The layouts of its rows. */
  readonly formats: readonly string[]
  readonly name: string
  /** Groups that lost tokens; of training data, those that are trained on. */
  readonly truncated: number
  readonly cut: CutCounts
  readonly sources: readonly SourceRecord[]
}

/** What a run trains and evaluates on. */
export interface TrainingData {
  readonly groups: SpooledGroups
  /** Number of preferences in the groups. */
  readonly pairs: number
  /** Preferences that were left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Number of groups that lost tokens. */
  readonly truncated: number
  /** The same by what they lost. */
  readonly cut: CutCounts
  /** SHA-256 of the file. */
  readonly sha256: string
  /** What was read and where it came from: `data.json`. */
  readonly record: DataRecord
  /** Groups by how the model reads them, those held out included. */
  readonly readAs: TrainedOn
  readonly evaluation: EvaluationData | null
  /** The pairs to train on as words if there is an evaluation, for the bag of words that the model has to beat. */
  readonly words: WordPairs
  /** Pairs to evaluate on after training alone. */
  readonly test: EvaluationData | null
}

/**
 * Reads the data of a run twice, so that memory does not grow with it. The first pass checks every line, counts, and
 * holds out prompts. The second turns one group after another into token ids in the spool. Reports what was read,
 * dropped and truncated, and how the model reads the first pair.
 * @throws InputError for faults of the files, and if nothing is left to train on
 */
export async function loadTrainingData(
  options: SizedOptions & RowNames & Pick<CutReport, 'trainedBy'>,
  objective: Objective,
  tokenizer: Tokenizer,
  spool: Spool,
  hooks: Hooks,
): Promise<TrainingData> {
  const log = (message: string) => hooks.onEvent(logLine(message))
  const tally = createTally(objective.leastMargin)
  const readings = createReadingTally(tokenizer, options)
  const prompts = createPromptSplit()
  const promptIds = createNumbering()
  const data = await openData(options.data, { ...options, calledAs: options.dataName }, trainingSplits, hooks)
  const survey = await surveyPreferences(data, options.limit, (group) => {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    tally.add(objective.needsProbability ? group : withoutTies(group))
    readings.add(group)
    prompts.add(userTurnsKey(group))
    if (options.evalData !== undefined || options.testData !== undefined) promptIds.numberOf(group.promptId)
  })
  /** Pairs that are not trained on, from data of their own. */
  const surveyHeldOut = async (name: string, calledAs: string | undefined) => {
    const read = createReadingTally(tokenizer, options)
    const opened = await openData(name, { ...options, limit: undefined, calledAs }, evaluationSplits, hooks)
    const found = await surveyPreferences(opened, undefined, (group) => read.add(group))
    await warnOfLeakage(found, data.name, { prompts: promptIds, userTurns: prompts }, hooks)
    return { survey: found, report: () => read.report(found.name, hooks) }
  }
  const evaluationSet =
    options.evalData === undefined ? null : await surveyHeldOut(options.evalData, options.evalDataName)
  const testSet = options.testData === undefined ? null : await surveyHeldOut(options.testData, undefined)
  const isHeldOut = options.evalFraction ? prompts.split(options.evalFraction, options.seed) : null
  checkColumns(tally, { ...options, data: data.name }, objective, hooks)
  readings.report(data.name, hooks)
  for (const set of [evaluationSet, testSet]) set?.report()

  const training = createEncodedSet(spool.begin())
  const heldOut = createEncodedSet(spool.begin(), { withTexts: true })
  const words = createWordPairs()
  const isEvaluated = isHeldOut !== null || evaluationSet !== null || testSet !== null
  let heldOutRead = 0
  /** The part of a group that counts in a set: a tie is a preference only for an objective that reads probabilities. */
  const used = (group: Group, set: EncodedSet): Group => {
    const decided = set === training && objective.needsProbability ? group : withoutTies(group)
    const complete = set === training && objective.needsMargin ? withMargins(decided, options.missingMargin) : decided
    set.drop('tie', group.preferences.length - decided.preferences.length)
    set.drop('missing_margin', decided.preferences.length - complete.preferences.length)
    return complete
  }
  async function* items() {
    for await (const { group, ...placed } of watchedGroups(survey, hooks)) {
      const set = isHeldOut?.(userTurnsKey(group)) ? heldOut : training
      if (set === heldOut) heldOutRead += group.preferences.length
      const counting = used(group, set)
      if (counting.preferences.length === 0) continue
      if (set === training && isEvaluated) words.add(withoutTies(counting))
      yield { ...placed, group: counting, set }
    }
  }
  const strange = await encodeInto(items(), tokenizer, options, options.onError)
  strange.report(data.name, hooks)
  for (const set of [training, heldOut]) reportSkipped(data.name, set.skipped, hooks)

  const { groups, preferences: pairs, truncated, cut } = training
  const dropped = addCounts(survey.dropped, training.dropped)
  const left = droppedText(dropped)
  log(`${data.name}: ${counted(survey.read, 'pair')} read, ${pairs} to train on${left}`)
  reportCuts(training, { ...options, name: data.name, dropped: training.dropped }, hooks)
  if (pairs === 0) throw new InputError(`${data.name}: no pair is left to train on${left}`)
  for (const first of groups.read([0])) await describePair(first, tokenizer, log)

  let evaluation: EvaluationData | null = null
  if (isHeldOut) {
    reportCuts(heldOut, { ...options, name: `${survey.name}, held out`, dropped: heldOut.dropped }, hooks)
    evaluation = evaluationData({ ...survey, read: heldOutRead, dropped: {} }, heldOut)
  }
  if (evaluationSet) evaluation = await encodeEvaluation(evaluationSet.survey, tokenizer, options, spool, hooks)
  const test = testSet && (await encodeEvaluation(testSet.survey, tokenizer, options, spool, hooks))
  for (const held of [evaluation, test])
    if (held)
      log(
        `${held.name}: ${counted(held.read, 'pair')} held out, ${held.pairs} to evaluate on${droppedText(held.dropped)}`,
      )
  const record: DataRecord = {
    schema_version: 1,
    training: await recordOf(survey, training),
    evaluation: evaluationSet && evaluation && (await recordOf(evaluationSet.survey, evaluation)),
    ...(testSet && test && { test: await recordOf(testSet.survey, test) }),
  }
  const { sha256 } = survey
  return { groups, pairs, dropped, truncated, cut, sha256, record, readAs: readings.rows, evaluation, test, words }
}

async function recordOf(
  { path, data, layouts, read, dropped, sha256 }: Survey,
  { truncated, cut }: Pick<EncodedSet, 'truncated' | 'cut'>,
): Promise<DataSetRecord> {
  return { name: path, formats: layouts, read, dropped, truncated, cut, sha256, sources: await sourceRecords([data]) }
}

/** Held-out rows whose prompt is trained on, word for word or in what the user says, tell little about new prompts. */
async function warnOfLeakage(
  evaluation: Survey,
  data: string,
  trained: { readonly prompts: Numbering; readonly userTurns: PromptSplit },
  hooks: Hooks,
): Promise<void> {
  const leaked = { prompt: 0, userTurns: 0 }
  for await (const { group } of surveyedGroups(evaluation)) {
    if (trained.prompts.has(group.promptId)) leaked.prompt += 1
    else if (trained.userTurns.has(userTurnsKey(group))) leaked.userTurns += 1
  }
  const warn = (count: number, what: string) => {
    if (count === 0) return
    const share = ((100 * count) / evaluation.kept).toFixed(1)
    hooks.onEvent(
      warning(
        phrase`${count} of ${evaluation.kept} rows of ${evaluation.name} (${share} %) have ${what}: ${command('data leakage')} shows and removes them`,
      ),
    )
  }
  warn(leaked.prompt, `a prompt that is also in ${data}`)
  warn(leaked.userTurns, `the user turns of a prompt in ${data}, with another system turn or other answers between`)
}

/** Checks that the preferences have what the objective needs, and says what it will not use. */
function checkColumns(
  tally: Tally,
  { data, missingMargin, objective: name }: TrainOptions,
  { needsMargin, leastMargin, needsProbability, usesWeight }: Objective,
  hooks: Hooks,
): void {
  if (needsMargin && tally.preferences > 0) checkMargins(tally, { path: data, missingMargin, leastMargin })
  if (needsProbability && tally.withoutProbability > 0)
    throw new InputError(
      `${data}: ${tally.withoutProbability} of ${tally.preferences} pairs have no "probability", which ${name} needs`,
      { remedy: 'add it (0.5 is a tie), or choose another objective' },
    )
  if (!needsProbability && tally.uncertain > 0)
    hooks.onEvent(
      warning(
        `${data}: ${counted(tally.uncertain, 'pair')} ${tally.uncertain === 1 ? 'has' : 'have'} a probability between 0.5 and 1, which ${name} does not use: ${tally.uncertain === 1 ? 'it counts' : 'they count'} in full`,
      ),
    )
  if (!usesWeight && tally.withWeight > 0)
    hooks.onEvent(
      warning(
        `${data}: ${tally.withWeight} pairs have a weight, which ${name} does not use: they count like the others`,
      ),
    )
}

/** Prints a pair once as the model reads it: shared beginning, chosen and rejected ending. */
async function describePair(group: EncodedGroup, tokenizer: Tokenizer, log: (message: string) => void): Promise<void> {
  const [preference] = group.preferences
  if (!preference) return
  const { prefix, branches, branchOf } = group.tokens
  const branch = (response: number) => at(branches, at(branchOf, response))
  const shown = async (ids: Int32Array) => JSON.stringify(await describeTokens(ids, tokenizer))
  log(
    [
      `the first pair (${group.id}) as the model reads it:`,
      `  both begin (${prefix.length} tokens): ${await shown(prefix)}`,
      `  chosen ends (${branch(preference.chosen).length} tokens): ${await shown(branch(preference.chosen))}`,
      `  rejected ends (${branch(preference.rejected).length} tokens): ${await shown(branch(preference.rejected))}`,
    ].join('\n'),
  )
}
