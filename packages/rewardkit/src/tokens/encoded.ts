import type { Group, Preference } from '../data/index.ts'
import { encodeGroup, type EncodeOptions } from './encode.ts'
import type { TokenGroup } from './sequence.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A group as training and evaluation use it: token ids and preferences, without the text. */
export interface EncodedGroup {
  readonly id: string
  readonly promptId: string
  readonly subset: string | null
  readonly tokens: TokenGroup
  readonly preferences: readonly Preference[]
}

/** What became of the groups: none goes missing without being counted. */
export interface EncodedGroups {
  readonly groups: EncodedGroup[]
  readonly dropped: Record<string, number>
  readonly truncated: number
}

/** Turns groups into token ids; those that truncation empties or makes identical are counted by reason. */
export function encodeGroups(groups: readonly Group[], tokenizer: Tokenizer, options: EncodeOptions): EncodedGroups {
  const encoded: EncodedGroup[] = []
  const dropped: Record<string, number> = {}
  for (const group of groups) {
    const tokens = encodeGroup(group, tokenizer, options)
    if ('dropped' in tokens) {
      dropped[tokens.dropped] = (dropped[tokens.dropped] ?? 0) + 1
      continue
    }
    encoded.push({
      id: group.id,
      promptId: group.promptId,
      subset: group.subset ?? null,
      tokens,
      preferences: group.preferences,
    })
  }
  return { groups: encoded, dropped, truncated: encoded.filter((group) => group.tokens.truncated).length }
}

/** Number of preferences in all groups. */
export const countPreferences = (groups: readonly EncodedGroup[]): number =>
  groups.reduce((sum, group) => sum + group.preferences.length, 0)
