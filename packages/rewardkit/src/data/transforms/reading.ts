import { Interrupted } from '../../errors.ts'
import { type Hooks, logLine, warning } from '../../events.ts'
import { phrase } from '../../phrase.ts'
import type { DataSet } from '../data-set.ts'
import type { Group } from '../group.ts'
import { countSkipped, createSkippedRows, type SkippedTally } from '../skipped-rows.ts'
import { readGroups } from '../read-groups.ts'
import { createUnreadTally, missingPromptMessage } from '../unread-columns.ts'

/** What was read and left out, counted while a step reads its data. */
export interface ReadCounts {
  /** Groups that are usable, and their pairs. */
  groups: number
  pairs: number
  /** Pairs, or rows, that were left out, by reason. */
  dropped: Record<string, number>
  /** Pairs that were turned round, since their probability was below 0.5. */
  turned: number
  /** The layouts that were recognised, in order. */
  formats: string[]
  /** Rows that could not be read and were skipped. */
  skipped: SkippedTally
}

export const noCounts = (): ReadCounts => ({
  groups: 0,
  pairs: 0,
  dropped: {},
  turned: 0,
  formats: [],
  skipped: createSkippedRows(),
})

/** Groups between two signs of life. */
const groupsBetweenEvents = 20_000

/** Data whose missing prompt was said: some steps read twice. */
const warned = new WeakSet<DataSet>()

/**
 * The groups of a data set for a step that makes other data of them, counted as they pass.
 * @throws InputError as `readGroups` does; Interrupted on request
 */
export async function* countedGroups(data: DataSet, counts: ReadCounts, hooks: Hooks): AsyncGenerator<Group> {
  const unread = createUnreadTally()
  for await (const item of readGroups(data, (reported) => hooks.onEvent(reported))) {
    const { group, dropped, turned = 0, layout, error } = item
    if (hooks.shouldStop()) throw new Interrupted('stopped on request; nothing was written')
    for (const reason of dropped) count(counts.dropped, reason)
    countSkipped(counts.skipped, error)
    if (layout && !counts.formats.includes(layout.name)) counts.formats.push(layout.name)
    if (!group) continue
    unread.add(item.unread ?? [], group)
    counts.groups += 1
    counts.turned += turned
    counts.pairs += group.preferences.length
    yield group
    if (counts.groups % groupsBetweenEvents === 0) hooks.onEvent(logLine(`${data.name}: ${counts.groups} rows so far`))
  }
  // After this step the column stays in meta, and nothing mentions it any more.
  const missing = missingPromptMessage(unread)
  if (missing === undefined || warned.has(data)) return
  warned.add(data)
  hooks.onEvent(warning(phrase`${data.name}: ${missing}`))
}

/** One more of a reason. */
export function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1
}
