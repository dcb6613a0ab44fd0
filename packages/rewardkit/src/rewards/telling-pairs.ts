import { type TellingReason, tellingPairs } from '../analysis/telling.ts'
import { at } from '../at.ts'
import { messageText } from '../data/build.ts'
import type { Message } from '../data/index.ts'
import type { SpooledGroups } from '../tokens/index.ts'
import type { RewardTable } from '../analysis/reward-table.ts'

/** One line of `telling_pairs.jsonl`: a pair with its texts, for people to read, and why it is worth reading. */
export interface TellingTexts {
  readonly schema_version: 1
  readonly id: string
  readonly reason: TellingReason
  readonly reward_margin: number
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

/**
 * The pairs that say most about the model, with their texts. `table` holds all preferences of `groups`, in their
 * order.
 */
export function tellingTexts(table: RewardTable, groups: SpooledGroups, count: number): TellingTexts[] {
  const telling = tellingPairs(table, count)
  const places = placesOf(new Set(telling.map(({ pair }) => pair)), groups.preferenceCounts)
  return telling.flatMap(({ pair, reason }) => {
    const place = places.get(pair)
    const [group] = groups.read(place ? [place.group] : [])
    if (!place || !group?.texts) return []
    const preference = at(group.preferences, place.preference)
    const { prompt, responses } = group.texts
    return {
      schema_version: 1,
      id: at(table.ids, pair),
      reason,
      reward_margin: at(table.margins, pair),
      prompt: conversationText(prompt),
      chosen: conversationText(at(responses, preference.chosen)),
      rejected: conversationText(at(responses, preference.rejected)),
    }
  })
}

/** Group and preference that some rows belong to. */
function placesOf(rows: ReadonlySet<number>, preferenceCounts: readonly number[]) {
  const places = new Map<number, { group: number; preference: number }>()
  let row = 0
  preferenceCounts.forEach((count, group) => {
    for (let preference = 0; preference < count; preference++, row++) {
      if (rows.has(row)) places.set(row, { group, preference })
    }
  })
  return places
}

/** A single message unchanged; several with their roles in front. */
function conversationText(messages: readonly Message[]): string {
  const texts = messages.map(messageText)
  return messages.length === 1
    ? texts.join('')
    : messages.map(({ role }, index) => `${role}: ${texts[index]}`).join('\n\n')
}
