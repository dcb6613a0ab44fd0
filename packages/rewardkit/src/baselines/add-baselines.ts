import type { RewardTable } from '../analysis/reward-table.ts'
import { at } from '../at.ts'
import type { SpooledGroups } from '../tokens/index.ts'
import type { BaselineName } from '../statistics/types.ts'
import { type BagOfWords, bagOfWordsReward } from './bag-of-words.ts'

/** The table with the margins of a baseline, or of several. */
export function withBaselines(table: RewardTable, margins: Partial<Record<BaselineName, Float64Array>>): RewardTable {
  return { ...table, baselineMargins: { ...table.baselineMargins, ...margins } }
}

/**
 * The table with the margins that a bag of words gives its pairs.
 * @param groups those whose preferences are the pairs of the table, in its order, with their texts
 */
export function withBagOfWords(table: RewardTable, model: BagOfWords, groups: SpooledGroups): RewardTable {
  const margins = new Float64Array(table.pairs)
  let pair = 0
  for (const { texts, preferences } of groups) {
    const rewards = texts?.responses.map((response) => bagOfWordsReward(model, response)) ?? []
    for (const { chosen, rejected } of preferences) margins[pair++] = at(rewards, chosen) - at(rewards, rejected)
  }
  return withBaselines(table, { bag_of_words: margins })
}
