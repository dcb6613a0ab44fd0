import type { Group } from '../data/group.ts'
import { countSkipped, createSkippedRows, type SkippedRows } from '../data/skipped-rows.ts'
import { InputError, located } from '../errors.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'
import { createCutTally, type CutTally } from './cuts.ts'
import { type DroppedGroup, encodeReadable, type EncodeOptions, identicalFor } from './encode.ts'
import type { TokenGroup } from './sequence.ts'
import type { SpooledGroups } from './spool.ts'
import { createStrangeTexts, type StrangeTexts } from './strange-texts.ts'
import type { Tokenizer } from './tokenizer.ts'
import { UnusableRow } from './unusable-row.ts'

/** The groups that belong together, in a spool, and what became of the others: none goes missing uncounted. */
export interface EncodedSet extends Pick<CutTally, 'truncated' | 'cut'> {
  readonly groups: SpooledGroups
  /** Number of preferences in all groups. */
  readonly preferences: number
  /**
   * Preferences lost, by reason: `too_long`, `identical_tokens`, `identical_after_truncation`, and the reasons given to
   * `drop`.
   */
  readonly dropped: Readonly<Record<string, number>>
  add(group: Group, tokens: TokenGroup | DroppedGroup, layout?: string): void
  /** Counts preferences that are left out before they become tokens. */
  drop(reason: string, count: number): void
  /** Rows that this model cannot read and that were skipped. */
  readonly skipped: SkippedRows
  /** Leaves out a row that this model cannot read; its preferences are counted by the reason. */
  skip(group: Group, error: UnusableRow): void
}

/**
 * An empty set. Preferences that are lost with their group, or whose two responses the model reads as one and the same,
 * will be counted by reason.
 */
export function createEncodedSet(groups: SpooledGroups, options: { readonly withTexts?: boolean } = {}): EncodedSet {
  const dropped: Record<string, number> = {}
  const skipped = createSkippedRows()
  let kept = 0
  const cuts = createCutTally()
  const drop = (reason: string, count: number) => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count
  }
  return {
    groups,
    dropped,
    drop,
    skipped,
    skip(group, error) {
      drop(error.reason, Math.max(1, group.preferences.length))
      countSkipped(skipped, error)
    },
    get preferences() {
      return kept
    },
    cut: cuts.cut,
    get truncated() {
      return cuts.truncated
    },
    add(group, tokens, layout) {
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
      groups.add({ id, promptId, subset, tokens, preferences, ...(layout !== undefined && { layout }), ...texts })
    },
  }
}

/** Enough to keep the encoder's threads busy, few enough to bound memory. */
const groupsAtATime = 64

/** A group on its way into a set, and its place: file and line. */
export interface EncodableGroup {
  readonly group: Group
  readonly place: string
  readonly layout?: string
  readonly set: EncodedSet
}

/**
 * Turns groups into token ids as they come, and adds each to its set, in their order. Throws as `encodeGroup` does,
 * naming the place; with `onError: skip` a row that this model cannot read is left out and counted.
 * @returns the texts that the model can hardly judge
 */
export async function encodeInto(
  items: AsyncIterable<EncodableGroup>,
  tokenizer: Tokenizer,
  options: EncodeOptions,
  onError: 'stop' | 'skip' = 'stop',
): Promise<StrangeTexts> {
  const strange = createStrangeTexts(tokenizer)
  let chunk: EncodableGroup[] = []
  const flush = async () => {
    const outcomes = await Promise.all(chunk.map((item) => encodePlaced(item, tokenizer, options, onError)))
    for (const [i, { group, layout, set }] of chunk.entries()) {
      const outcome = outcomes[i]
      if (outcome instanceof UnusableRow) set.skip(group, outcome)
      else if (outcome) {
        set.add(group, outcome, layout)
        if (!('dropped' in outcome)) strange.add(outcome)
      }
    }
    chunk = []
  }
  for await (const item of items) {
    chunk.push(item)
    if (chunk.length === groupsAtATime) await flush()
  }
  await flush()
  return strange
}

/**
 * The ids of a group, as `encodeGroup` gives them; with `onError: skip` it returns why this model cannot use the group.
 * Errors begin with its place.
 */
export async function encodePlaced(
  { group, place }: Pick<EncodableGroup, 'group' | 'place'>,
  tokenizer: Tokenizer,
  options: EncodeOptions,
  onError: 'stop' | 'skip',
): Promise<TokenGroup | DroppedGroup | UnusableRow> {
  try {
    return await encodeReadable(group, tokenizer, options)
  } catch (error) {
    if (!(error instanceof UnusableRow)) throw error instanceof InputError ? located(place, error) : error
    if (onError === 'skip') return placed(place, error, error.phrases.remedy)
    throw placed(place, error, error.phrases.remedy ?? phrase`${settings({ onError: 'skip' })} leaves such rows out`)
  }
}

/** The same with its place in front. */
function placed(place: string, error: UnusableRow, remedy: Phrase | undefined): UnusableRow {
  return new UnusableRow(error.reason, phrase`${place}: ${error.phrases.problem}`, { remedy, cause: error })
}
