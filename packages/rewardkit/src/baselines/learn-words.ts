import { existsSync } from 'node:fs'
import { counted } from '../counted.ts'
import { type DataOptions, openData, surveyPreferences, trainingSplits, withoutTies } from '../data/index.ts'
import { Interrupted, RewardKitError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { asPhrase, type Phrase, phrase, settings } from '../phrase.ts'
import { type BagOfWords, createWordPairs, fitBagOfWords } from './bag-of-words.ts'
import { noBaseline } from './no-baseline.ts'
import type { RunRecord } from './run-record.ts'

/** Where a bag of words learns from, and what it must not see. */
export interface WordSources {
  /** `--baseline-data`: a preference file, or `none`; by default the data of the run. */
  readonly baselineData?: string | undefined
  /** How rows of `baselineData` are read. */
  readonly options: DataOptions
  /** Of the run that the model came from; null where there is none. */
  readonly run: RunRecord | null
  /** The prompts that are evaluated: their pairs teach nothing. */
  readonly promptIds: readonly string[]
}

/**
 * A bag of words that has learned from the training data, without the prompts that are evaluated. Null where the data
 * are not known, or not there, or have changed since: then one line says so and names the remedy.
 * @throws InputError for a file of `baselineData` that cannot be read
 */
export async function learnWords(sources: WordSources, hooks: Hooks): Promise<BagOfWords | null> {
  const { baselineData, options, run } = sources
  const leaveOut = (why: Phrase) => {
    hooks.onEvent(
      logLine(
        phrase`no bag of words to compare with: ${why}; ${settings({ baselineData: 'FILE' })} names data to learn from`,
      ),
    )
    return null
  }
  if (baselineData === noBaseline) return null
  if (baselineData !== undefined) {
    const learned = await learnFrom({ name: baselineData, options }, sources.promptIds, hooks)
    return learned.model ?? leaveOut(asPhrase(learned.why))
  }
  if (!run) return leaveOut(phrase`the model is not in a run folder, so its training data are not known`)
  const { data } = run
  if (!data.name.startsWith('hub:') && !existsSync(data.name))
    return leaveOut(phrase`${data.name}, which it was trained on, is not there`)
  try {
    const { model, sha256, why } = await learnFrom(data, sources.promptIds, hooks)
    if (sha256 !== data.sha256) return leaveOut(phrase`${data.name} has changed since it was trained on`)
    return model ?? leaveOut(asPhrase(why))
  } catch (error) {
    if (!(error instanceof RewardKitError) || error instanceof Interrupted) throw error
    return leaveOut(error.phrases.problem)
  }
}

async function learnFrom(
  { name, options, limit }: { readonly name: string; readonly options: DataOptions; readonly limit?: number },
  promptIds: readonly string[],
  hooks: Hooks,
): Promise<{ readonly model: BagOfWords | null; readonly sha256: string; readonly why: string }> {
  const evaluated = new Set(promptIds)
  const words = createWordPairs()
  let left = 0
  const opened = await openData(name, { ...options, limit }, trainingSplits, hooks)
  const { sha256 } = await surveyPreferences(opened, limit, (group) => {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    if (evaluated.has(group.promptId)) left += group.preferences.length
    else words.add(withoutTies(group))
  })
  const without = left === 0 ? '' : `, without ${counted(left, 'pair')} whose prompt is evaluated`
  if (words.added === 0) return { model: null, sha256, why: `${name} has no pair to learn from${without}` }
  hooks.onEvent(logLine(`a bag of words learns from ${counted(words.pairs.length, 'pair')} of ${name}${without}`))
  return { model: fitBagOfWords(words), sha256, why: '' }
}
