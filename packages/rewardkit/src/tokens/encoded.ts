import type { Group, Preference } from '../data/group.ts'
import { InputError, located } from '../errors.ts'
import { createCutTally, type CutTally } from './cuts.ts'
import { type DroppedGroup, encodeGroup, type EncodeOptions, identicalFor } from './encode.ts'
import type { TokenGroup } from './sequence.ts'
import type { SpooledGroups } from './spool.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A group as training and evaluation use it: token ids and preferences. */
export interface EncodedGroup {
  readonly id: string
  readonly promptId: string
  readonly subset: string | null
  readonly tokens: TokenGroup
  readonly preferences: readonly Preference[]
  /** For people to read, where they were asked for. */
  readonly texts?: Pick<Group, 'prompt' | 'responses'>
}

/** The groups that belong together, in a spool, and what became of the others: none goes missing uncounted. */
export interface EncodedSet extends Pick<CutTally, 'truncated' | 'cut'> {
  readonly groups: SpooledGroups
  /** Number of preferences in all groups. */
  readonly preferences: number
  /** Preferences lost, by reason: `too_long`, `identical_tokens`, `identical_after_truncation`, and what `drop` was told. */
  readonly dropped: Readonly<Record<string, number>>
  add(group: Group, tokens: TokenGroup | DroppedGroup): void
  /** Counts preferences that are left out before they become tokens. */
  drop(reason: string, count: number): void
}

/**
 * An empty set. Preferences that are lost with their group, or whose two responses the model reads as one and the same,
 * will be counted by reason.
 */
export function createEncodedSet(groups: SpooledGroups, options: { readonly withTexts?: boolean } = {}): EncodedSet {
  const dropped: Record<string, number> = {}
  let kept = 0
  const cuts = createCutTally()
  const drop = (reason: string, count: number) => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count
  }
  return {
    groups,
    dropped,
    drop,
    get preferences() {
      return kept
    },
    cut: cuts.cut,
    get truncated() {
      return cuts.truncated
    },
    add(group, tokens) {
      if ('dropped' in tokens) return drop(tokens.dropped, Math.max(1, group.preferences.length))
      const preferences = group.preferences.filter((preference) => {
        const identical = identicalFor(tokens, preference)
        if (identical) drop(identical, 1)
        return identical === null
      })
      kept += preferences.length
      cuts.add(tokens)
      const { id, promptId, subset = null, prompt, responses } = group
      const texts = options.withTexts ? { texts: { prompt, responses } } : {}
      groups.add({ id, promptId, subset, tokens, preferences, ...texts })
    },
  }
}

/** Enough to keep the encoder's threads busy, few enough to bound memory. */
const groupsAtATime = 64

/**
 * Turns groups into token ids as they come, and adds each to its set, in their order. Throws as `encodeGroup` does,
 * naming the pair.
 */
export async function encodeInto(
  items: AsyncIterable<{ readonly group: Group; readonly set: EncodedSet }>,
  tokenizer: Tokenizer,
  options: EncodeOptions,
): Promise<void> {
  let chunk: { group: Group; set: EncodedSet }[] = []
  const flush = async () => {
    const outcomes = await Promise.all(chunk.map(({ group }) => encodeNamed(group, tokenizer, options)))
    outcomes.forEach((tokens, i) => chunk[i]?.set.add(chunk[i].group, tokens))
    chunk = []
  }
  for await (const item of items) {
    chunk.push(item)
    if (chunk.length === groupsAtATime) await flush()
  }
  await flush()
}

async function encodeNamed(...[group, ...rest]: Parameters<typeof encodeGroup>): ReturnType<typeof encodeGroup> {
  try {
    return await encodeGroup(group, ...rest)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw located(`pair ${group.id}`, error)
  }
}
