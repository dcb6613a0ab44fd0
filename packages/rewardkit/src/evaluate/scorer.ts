import { noGradient, scope } from '@rewardkit/torch'
import type { Group } from '../data/index.ts'
import { type ErrorPhrases, InputError } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { option, phrase, settings } from '../phrase.ts'
import { findModel } from '../models/index.ts'
import {
  createReadingWatch,
  createStrangeTexts,
  type Cut,
  type CutReport,
  encodeReadable,
  identicalFor,
  type ReadingOverrides,
  type TokenGroup,
} from '../tokens/index.ts'
import type { ModelInUse } from '../rewards/calibration-use.ts'
import { openRewardModel } from '../rewards/open-model.ts'
import type { ScoreOptions } from './evaluate-options.ts'

/** What a group lost, how long its sequences may be, and by which rule the model was trained. */
export interface ScoreCut extends Cut, Pick<CutReport, 'maxLength' | 'truncation' | 'trainedBy'> {
  /** Its preferences whose responses became identical by the cut. */
  readonly identical: number
}

/** The reward of each response of a group, with what was cut, if anything was. */
export interface GroupRewards {
  readonly rewards: readonly number[]
  readonly cut?: ScoreCut
}

/** The rewards of a group, or why there are none. */
export type ScoredGroup = GroupRewards | Unscored

export interface Unscored {
  readonly error: ErrorPhrases
}

/** A loaded model, in the steps that take turns between requests. */
export interface Scorer {
  readonly model: ModelInUse
  /** Tokens of a group, or why it cannot be read. */
  read(group: Group): Promise<TokenGroup | Unscored>
  /** The rewards of all branches of some groups, which go through the model at once. */
  compute(parts: readonly TokenGroup[]): Float32Array
  /** Warns, once of each kind, of texts read so far that the model can hardly judge. */
  report(): void
  /** What the group lost to truncation, if anything. */
  cutOf(group: Group, tokens: TokenGroup): ScoreCut | undefined
}

/**
 * Loads a reward model for scoring.
 * @throws InputError for what is wrong with the model folder
 */
export async function openScorer(
  options: Pick<ScoreOptions, 'model' | 'dtype' | 'threads'> & ReadingOverrides,
  hooks: Hooks,
): Promise<Scorer> {
  const { folder } = await findModel(options.model, hooks)
  const { network, tokenizer, rewardsOf } = await openRewardModel(folder, options, hooks)
  const watch = createReadingWatch(tokenizer, network.reading, network.trainedOn, hooks)
  const strange = createStrangeTexts(tokenizer)
  const read = async (group: Group): Promise<TokenGroup | Unscored> => {
    watch(group)
    try {
      // Without preferences, a group whose responses read the same is kept.
      const tokens = await encodeReadable({ ...group, preferences: [] }, tokenizer, network.reading)
      if (!('dropped' in tokens)) {
        strange.add(tokens)
        return tokens
      }
      const { maxLength, truncation } = network.reading
      const problem =
        truncation === 'drop'
          ? phrase`longer than the ${maxLength} tokens that the model reads (${option('maxLength')}, ${settings({ truncation })})`
          : phrase`the ${maxLength} tokens that the model reads (${option('maxLength')}) leave no room for a response besides what the chat template writes`
      return { error: new InputError(problem).phrases }
    } catch (error) {
      if (error instanceof InputError) return { error: error.phrases }
      throw error
    }
  }
  const cutOf = (tokens: TokenGroup, cut: Cut, preferences: Group['preferences']): ScoreCut => ({
    ...cut,
    maxLength: network.reading.maxLength,
    truncation: network.reading.truncation,
    trainedBy: network.truncationRule,
    identical: preferences.filter((one) => identicalFor(tokens, one) === 'identical_after_truncation').length,
  })
  return {
    model: { folder, reading: network.reading },
    read,
    compute: (parts) => scope(() => noGradient(() => rewardsOf(parts).float32())),
    report: () => strange.report('so far', hooks),
    cutOf: (group, tokens) => tokens.cut && cutOf(tokens, tokens.cut, group.preferences),
  }
}
