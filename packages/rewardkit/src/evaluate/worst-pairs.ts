import type { Group, Message } from '../data/index.ts'
import type { RewardRow } from './types.ts'

/** One line of `worst_pairs.jsonl`: a pair with its texts, for people to read. */
export interface WorstPair {
  readonly schema_version: 1
  readonly id: string
  readonly reward_margin: number
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

/** The pairs with the lowest reward margins, lowest first, with their texts. */
export function worstPairs(rows: readonly RewardRow[], groups: readonly Group[], count: number): WorstPair[] {
  const texts = new Map(
    groups.flatMap((group) =>
      group.preferences.map((preference) => [
        group.preferences.length > 1 ? `${group.id}#${preference.chosen}-${preference.rejected}` : group.id,
        {
          prompt: conversationText(group.prompt),
          chosen: conversationText(group.responses[preference.chosen] ?? []),
          rejected: conversationText(group.responses[preference.rejected] ?? []),
        },
      ]),
    ),
  )
  return rows
    .toSorted((a, b) => a.reward_margin - b.reward_margin)
    .slice(0, count)
    .flatMap((row) => {
      const text = texts.get(row.id)
      return text ? [{ schema_version: 1, id: row.id, reward_margin: row.reward_margin, ...text }] : []
    })
}

/** A single message as it is; several with their roles in front. */
function conversationText(messages: readonly Message[]): string {
  if (messages.length === 1) return messages[0]?.content ?? ''
  return messages.map(({ role, content }) => `${role}: ${content}`).join('\n\n')
}
