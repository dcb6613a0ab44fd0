import type { Group, Preference } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { encodeGroup, type DroppedGroup, type EncodeOptions } from './encode.ts'
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
export interface EncodedPreferences {
  readonly groups: EncodedGroup[]
  /** Preferences lost, by reason: `too_long`, `identical_tokens`. */
  readonly dropped: Record<string, number>
  /** Number of groups that lost tokens. */
  readonly truncated: number
}

/**
 * Turns groups into token ids, in their order. Preferences that are lost with their group, or whose two responses the
 * model reads as one and the same, are counted by reason. Throws as `encodeGroup` does, naming the pair.
 */
export async function encodePreferences(
  groups: readonly Group[],
  tokenizer: Tokenizer,
  options: EncodeOptions,
): Promise<EncodedPreferences> {
  const encoded: EncodedGroup[] = []
  const dropped: Record<string, number> = {}
  const drop = (reason: DroppedGroup['dropped'], count: number) => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count
  }
  for (const chunk of chunksOf(groups, groupsAtATime)) {
    const outcomes = await Promise.all(
      chunk.map(async (group) => ({ group, tokens: await encodeNamed(group, tokenizer, options) })),
    )
    for (const { group, tokens } of outcomes) {
      if ('dropped' in tokens) {
        drop(tokens.dropped, Math.max(1, group.preferences.length))
        continue
      }
      const preferences = group.preferences.filter(
        ({ chosen, rejected }) => tokens.branchOf[chosen] !== tokens.branchOf[rejected],
      )
      drop('identical_tokens', group.preferences.length - preferences.length)
      encoded.push({ id: group.id, promptId: group.promptId, subset: group.subset ?? null, tokens, preferences })
    }
  }
  return { groups: encoded, dropped, truncated: encoded.filter((group) => group.tokens.truncated).length }
}

async function encodeNamed(...[group, ...rest]: Parameters<typeof encodeGroup>): ReturnType<typeof encodeGroup> {
  try {
    return await encodeGroup(group, ...rest)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(`pair ${group.id}: ${error.message}`, { cause: error })
  }
}

/** Number of preferences in all groups. */
export function countPreferences(groups: readonly EncodedGroup[]): number {
  return groups.reduce((sum, group) => sum + group.preferences.length, 0)
}

/** Enough to keep the encoder's threads busy, few enough to bound memory. */
const groupsAtATime = 64

function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
