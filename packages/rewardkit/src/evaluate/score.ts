import { setThreads } from '@rewardkit/torch'
import { defaultThreads, resolveDtype } from '../compute.ts'
import type { Group } from '../data/index.ts'
import { InputError } from '../errors.ts'
import type { Hooks } from '../events.ts'
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
import { openRewardModel } from './open-model.ts'
import type { ScoreOptions } from './options.ts'
import { computeRewards } from './rewards.ts'

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
export type ScoredGroup = GroupRewards | { readonly error: string }

/**
 * Loads a reward model and returns a function that scores groups, in order. A group that cannot be read becomes an
 * error of its own and does not stop the others.
 * @throws InputError for what is wrong with the model folder; the function throws Interrupted on request
 */
export async function openScorer(
  options: Pick<ScoreOptions, 'model' | 'dtype' | 'threads' | 'microBatchTokens'> & ReadingOverrides,
  hooks: Hooks,
): Promise<(groups: readonly Group[]) => Promise<ScoredGroup[]>> {
  const { folder } = await findModel(options.model, hooks)
  setThreads(options.threads ?? defaultThreads())
  const { model, tokenizer } = await openRewardModel(folder, options, hooks)
  const dtype = resolveDtype(options.dtype)
  const watch = createReadingWatch(tokenizer, model.reading, hooks)
  const strange = createStrangeTexts(tokenizer)
  const encode = async (group: Group): Promise<TokenGroup | { error: string }> => {
    watch(group)
    try {
      // Without preferences, responses that read the same are no reason to leave the group out.
      const tokens = await encodeReadable({ ...group, preferences: [] }, tokenizer, model.reading)
      if (!('dropped' in tokens)) return tokens
      const { maxLength, truncation } = model.reading
      return {
        error:
          truncation === 'drop'
            ? `longer than the ${maxLength} tokens that the model reads (max_length, truncation: drop)`
            : `the ${maxLength} tokens that the model reads (max_length) leave no room for a response beside what the chat template writes`,
      }
    } catch (error) {
      if (error instanceof InputError) return { error: error.message }
      throw error
    }
  }
  const cutOf = (tokens: TokenGroup, cut: Cut, preferences: Group['preferences']): ScoreCut => ({
    ...cut,
    maxLength: model.reading.maxLength,
    truncation: model.reading.truncation,
    trainedBy: model.truncationRule,
    identical: preferences.filter((one) => identicalFor(tokens, one) === 'identical_after_truncation').length,
  })
  return async (groups) => {
    const encoded: (TokenGroup | { error: string })[] = []
    for (const group of groups) encoded.push(await encode(group))
    const readable = encoded.filter((item): item is TokenGroup => !('error' in item))
    for (const tokens of readable) strange.add(tokens)
    strange.tell('so far', hooks)
    const rewards = computeRewards(model, readable, {
      microBatchTokens: options.microBatchTokens,
      dtype,
      shouldStop: () => hooks.shouldStop(),
    }).values()
    return encoded.map((item, index) => {
      if ('error' in item) return item
      const cut = item.cut && cutOf(item, item.cut, groups[index]?.preferences ?? [])
      return { rewards: [...(rewards.next().value ?? [])], ...(cut && { cut }) }
    })
  }
}
