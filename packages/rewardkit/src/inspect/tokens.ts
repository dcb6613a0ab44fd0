import { at } from '../at.ts'
import type { Hooks } from '../events.ts'
import type { CutCounts, ReadingTally, Tokenizer } from '../tokens/index.ts'
import {
  countTokens,
  createCutTally,
  createReadingTally,
  encodePlaced,
  identicalFor,
  loadTokenizer,
  UnusableRow,
} from '../tokens/index.ts'
import type { Group, Preference } from '../data/group.ts'
import { countSkipped, createSkippedRows, reportSkipped } from '../data/skipped-rows.ts'
import { countLonger, type LongerCounts, noLonger } from './longer.ts'
import type { InspectOptions } from './inspect-options.ts'
import { createSeries, type Distribution } from './series.ts'

/** Data in tokens, as training with these options reads them. */
export interface TokenCounts {
  readonly model: string
  readonly max_length: number
  readonly truncation: string
  readonly chat_template: boolean
  /** Groups by how the model reads their texts. */
  readonly read_as: ReadingTally['rows']
  /** Whole sequences, prompt and end token included, before anything is cut. */
  readonly sequence: Distribution | null
  readonly chosen: Distribution | null
  readonly rejected: Distribution | null
  readonly shared_prefix: Distribution | null
  readonly longer: LongerCounts
  readonly sequences_over_max_length: number
  readonly pairs_over_max_length: number
  /** Groups that lose tokens and stay. */
  readonly truncated: number
  /** The same by what they lose. */
  readonly cut: CutCounts
  /** Pairs that are left out: `too_long`, `identical_tokens`, `identical_after_truncation`. */
  readonly dropped: Readonly<Record<string, number>>
  readonly pairs: number
  /** Of what training reads: with each response's prompt, and with shared prefixes once. */
  readonly tokens: { readonly unshared: number; readonly shared: number; readonly saved_share: number }
}

/** One token: its id and how the vocabulary writes it. */
export interface ShownToken {
  readonly id: number
  readonly text: string
}

/** A pair as the model reads it. The last token of each response is pooled: its hidden state gives the reward. */
export interface TokenExample {
  readonly id: string
  readonly dropped: string | null
  readonly truncated: boolean
  /** The whole sequences decoded. */
  readonly chosen_text: string
  readonly rejected_text: string
  readonly prefix: readonly ShownToken[]
  readonly chosen: readonly ShownToken[]
  readonly rejected: readonly ShownToken[]
}

type Reading = Pick<
  InspectOptions,
  | 'onError'
  | 'maxLength'
  | 'truncation'
  | 'pool'
  | 'transcripts'
  | 'plainTexts'
  | 'specialTokensInText'
  | 'templateDate'
>

/** Groups that are encoded at once, enough to keep the encoder's threads busy. */
const groupsAtATime = 64

/** Loads the tokenizer of a folder and counts with it. */
export async function createTokenCounter(model: string, reading: Reading) {
  const tokenizer = await loadTokenizer(model, reading)
  const series = {
    sequence: createSeries('logarithmic'),
    chosen: createSeries('logarithmic'),
    rejected: createSeries('logarithmic'),
    prefix: createSeries('logarithmic'),
  }
  const readings = createReadingTally(tokenizer, reading)
  const longer = noLonger()
  const dropped: Record<string, number> = {}
  const total = { unshared: 0, shared: 0 }
  let overSequences = 0
  let overPairs = 0
  const cuts = createCutTally()
  let pairs = 0
  let waiting: { readonly group: Group; readonly place: string }[] = []
  const skipped = createSkippedRows()

  const drop = (reason: string, count: number) => {
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count
  }
  const encode = (group: Group, place: string, maxLength: number) =>
    encodePlaced({ group, place }, tokenizer, { ...reading, maxLength }, reading.onError)
  const count = (group: Group, { whole, read }: Exclude<Awaited<ReturnType<typeof bothOf>>, UnusableRow>) => {
    if ('dropped' in whole) return
    const lengthOf = (response: number) => whole.prefix.length + at(whole.branches, at(whole.branchOf, response)).length
    series.prefix.add(whole.prefix.length)
    for (const response of group.responses.keys()) {
      series.sequence.add(lengthOf(response))
      if (lengthOf(response) > reading.maxLength) overSequences += 1
    }
    for (const preference of group.preferences) {
      series.chosen.add(lengthOf(preference.chosen))
      series.rejected.add(lengthOf(preference.rejected))
      if (Math.max(lengthOf(preference.chosen), lengthOf(preference.rejected)) > reading.maxLength) overPairs += 1
      countLonger(longer, preference, lengthOf)
    }
    if ('dropped' in read) return drop(read.dropped, group.preferences.length)
    const reported = group.preferences.filter((preference) => {
      const identical = identicalFor(read, preference)
      if (identical) drop(identical, 1)
      return identical === null
    })
    if (reported.length === 0) return
    pairs += reported.length
    cuts.add(read)
    total.shared += countTokens(read)
    for (const branch of read.branchOf) total.unshared += read.prefix.length + at(read.branches, branch).length
  }
  /** Before anything is cut, and as training reads it. Without preferences no group is dropped as identical. */
  const bothOf = async ({ group, place }: { readonly group: Group; readonly place: string }) => {
    const whole = await encode({ ...group, preferences: [] }, place, Infinity)
    if (whole instanceof UnusableRow) return whole
    const isOver =
      !('dropped' in whole) && whole.branches.some((branch) => whole.prefix.length + branch.length > reading.maxLength)
    const read = isOver ? await encode(group, place, reading.maxLength) : whole
    return read instanceof UnusableRow ? read : { whole, read }
  }
  const flush = async () => {
    const rows = waiting
    waiting = []
    const encoded = await Promise.all(rows.map(bothOf))
    for (const [index, both] of encoded.entries()) {
      const group = rows[index]?.group
      if (!group) continue
      if (!(both instanceof UnusableRow)) count(group, both)
      else {
        drop(both.reason, group.preferences.length)
        countSkipped(skipped, both)
      }
    }
  }

  return {
    async add(group: Group, place: string): Promise<void> {
      readings.add(group)
      waiting.push({ group, place })
      if (waiting.length === groupsAtATime) await flush()
    },
    /** Warns of what the model reads otherwise than one might think. */
    async report(name: string, hooks: Hooks): Promise<void> {
      await flush()
      readings.report(name, hooks)
      reportSkipped(name, skipped, hooks)
    },
    async result(): Promise<TokenCounts> {
      await flush()
      return {
        model,
        max_length: reading.maxLength,
        truncation: reading.truncation,
        chat_template: tokenizer.chat !== undefined,
        read_as: readings.rows,
        sequence: series.sequence.distribution(),
        chosen: series.chosen.distribution(),
        rejected: series.rejected.distribution(),
        shared_prefix: series.prefix.distribution(),
        longer,
        sequences_over_max_length: overSequences,
        pairs_over_max_length: overPairs,
        truncated: cuts.truncated,
        cut: cuts.cut,
        dropped,
        pairs,
        tokens: { ...total, saved_share: total.unshared === 0 ? 0 : 1 - total.shared / total.unshared },
      }
    },
    /** A pair with its tokens. */
    async show(group: Group, { chosen, rejected }: Preference): Promise<TokenExample> {
      const { id } = group
      const read = await encode(group, `pair ${id}`, reading.maxLength)
      const nothing = { chosen_text: '', rejected_text: '', prefix: [], chosen: [], rejected: [] }
      if (read instanceof UnusableRow) return { id, dropped: read.reason, truncated: false, ...nothing }
      if ('dropped' in read) return { id, dropped: read.dropped, truncated: false, ...nothing }
      const branchOf = (response: number) => at(read.branches, at(read.branchOf, response))
      const textOf = (response: number) => tokenizer.decode([...read.prefix, ...branchOf(response)])
      return {
        id,
        dropped: null,
        truncated: read.truncated,
        chosen_text: await textOf(chosen),
        rejected_text: await textOf(rejected),
        prefix: shown(read.prefix, tokenizer),
        chosen: shown(branchOf(chosen), tokenizer),
        rejected: shown(branchOf(rejected), tokenizer),
      }
    },
  }
}

function shown(ids: Int32Array, tokenizer: Tokenizer): ShownToken[] {
  return Array.from(ids, (id) => ({ id, text: tokenizer.tokenOf(id) ?? '' }))
}
